import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('deployments', '0008_artefact_tokens'),
        ('projects', '0009_traces'),
    ]

    operations = [
        migrations.AlterField(
            model_name='account',
            name='platform',
            field=models.CharField(max_length=20),
        ),
        migrations.CreateModel(
            name='AgentStorage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('environment', models.CharField(choices=[('production', 'Production'), ('preview', 'Preview'), ('development', 'Development')], max_length=12)),
                ('branch', models.CharField(blank=True, max_length=290)),
                ('provider', models.CharField(max_length=20)),
                ('name', models.CharField(max_length=54)),
                ('mark', models.CharField(max_length=63, unique=True)),
                ('config', models.JSONField(default=dict)),
                ('ids', models.JSONField(default=dict)),
                ('error', models.JSONField(null=True)),
                ('held_by', models.BigIntegerField(null=True)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('removed_at', models.DateTimeField(null=True)),
                ('account', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='storages', to='deployments.account')),
                ('destination', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='storages', to='deployments.destination')),
                ('production', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='previews', to='deployments.agentstorage')),
                ('team', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='projects.team')),
            ],
        ),
        migrations.CreateModel(
            name='AgentStorageVariable',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=200)),
                ('storage', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='variables', to='deployments.agentstorage')),
                ('team', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='projects.team')),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='projects.secretversion')),
            ],
        ),
        migrations.AddConstraint(
            model_name='agentstorage',
            constraint=models.UniqueConstraint(condition=models.Q(('removed_at', None)), fields=('destination', 'environment', 'branch'), name='one_living_storage_per_place'),
        ),
        migrations.AddConstraint(
            model_name='agentstoragevariable',
            constraint=models.UniqueConstraint(fields=('storage', 'name'), name='one_value_per_storage_variable'),
        ),
    ]
