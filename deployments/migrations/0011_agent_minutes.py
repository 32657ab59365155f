import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('deployments', '0010_node_disks'),
        ('projects', '0009_traces'),
    ]

    operations = [
        migrations.CreateModel(
            name='AgentMinute',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('requests', models.PositiveIntegerField(default=0)),
                ('client_errors', models.PositiveIntegerField(default=0)),
                ('server_errors', models.PositiveIntegerField(default=0)),
                ('latency', django.contrib.postgres.fields.ArrayField(base_field=models.PositiveIntegerField(), size=14)),
                ('input_tokens', models.BigIntegerField(default=0)),
                ('output_tokens', models.BigIntegerField(default=0)),
                ('deployment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='deployments.deployment')),
                ('project', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='projects.project')),
                ('team', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='projects.team')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('project', 'at', 'deployment'), name='one_row_per_agent_and_minute')],
            },
        ),
        migrations.CreateModel(
            name='AgentHour',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('requests', models.PositiveIntegerField(default=0)),
                ('client_errors', models.PositiveIntegerField(default=0)),
                ('server_errors', models.PositiveIntegerField(default=0)),
                ('latency', django.contrib.postgres.fields.ArrayField(base_field=models.PositiveIntegerField(), size=14)),
                ('input_tokens', models.BigIntegerField(default=0)),
                ('output_tokens', models.BigIntegerField(default=0)),
                ('deployment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='deployments.deployment')),
                ('project', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='projects.project')),
                ('team', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='projects.team')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('project', 'at', 'deployment'), name='one_row_per_agent_and_hour')],
            },
        ),
    ]
