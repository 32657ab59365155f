import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('builds', '0006_outline'),
        ('deployments', '0005_reports'),
        ('projects', '0005_code_hosts'),
    ]

    operations = [
        migrations.CreateModel(
            name='Account',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('platform', models.CharField(choices=[('local', 'local'), ('cloudflare', 'cloudflare'), ('aws', 'aws'), ('vercel', 'vercel'), ('railway', 'railway'), ('render', 'render'), ('fly', 'fly'), ('heroku', 'heroku')], max_length=20)),
                ('name', models.CharField(max_length=50)),
                ('found', models.JSONField(default=dict)),
                ('error', models.JSONField(null=True)),
                ('checked_at', models.DateTimeField(null=True)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('removed_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='AccountField',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=50)),
            ],
        ),
        migrations.CreateModel(
            name='CloudService',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('platform', models.CharField(choices=[('local', 'local'), ('cloudflare', 'cloudflare'), ('aws', 'aws'), ('vercel', 'vercel'), ('railway', 'railway'), ('render', 'render'), ('fly', 'fly'), ('heroku', 'heroku')], max_length=20)),
                ('environment', models.CharField(choices=[('production', 'Production'), ('preview', 'Preview'), ('development', 'Development')], max_length=12)),
                ('branch', models.CharField(blank=True, max_length=290)),
                ('name', models.CharField(max_length=54)),
                ('mark', models.CharField(max_length=63, unique=True)),
                ('config', models.JSONField(default=dict)),
                ('ids', models.JSONField(default=dict)),
                ('address', models.CharField(blank=True, max_length=500)),
                ('shares', models.JSONField(default=dict)),
                ('missing', models.JSONField(default=list)),
                ('error', models.JSONField(null=True)),
                ('checked_at', models.DateTimeField(null=True)),
                ('held_by', models.BigIntegerField(null=True)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('deleted_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='CloudVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version_id', models.CharField(max_length=200)),
                ('url', models.CharField(blank=True, max_length=500)),
                ('details', models.JSONField(default=dict)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('gone_at', models.DateTimeField(null=True)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Domain',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('hostname', models.CharField(max_length=253)),
                ('proof', models.CharField(max_length=64)),
                ('state', models.CharField(choices=[('waiting', 'waiting for its DNS records'), ('active', 'Active'), ('refused', 'Refused'), ('leaving', 'Leaving')], default='waiting', max_length=10)),
                ('records', models.JSONField(default=list)),
                ('detail', models.CharField(blank=True, max_length=500)),
                ('error', models.JSONField(null=True)),
                ('checked_at', models.DateTimeField(null=True)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('removed_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.RemoveConstraint(
            model_name='destination',
            name='one_destination_per_name',
        ),
        migrations.AddField(
            model_name='destination',
            name='branches',
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name='destination',
            name='config',
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name='destination',
            name='created_at',
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
        ),
        migrations.AddField(
            model_name='destination',
            name='declared_by',
            field=models.CharField(choices=[('file', 'deployment.yml'), ('dashboard', 'Dashboard')], default='dashboard', max_length=10),
        ),
        migrations.AddField(
            model_name='destination',
            name='environment',
            field=models.CharField(blank=True, choices=[('production', 'Production'), ('preview', 'Preview'), ('development', 'Development')], max_length=12),
        ),
        migrations.AddField(
            model_name='destination',
            name='may_fail',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='destination',
            name='removed_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='route',
            name='address',
            field=models.CharField(blank=True, max_length=500),
        ),
        migrations.AddField(
            model_name='route',
            name='canary',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='canary_of', to='deployments.deployment'),
        ),
        migrations.AddField(
            model_name='route',
            name='canary_percent',
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='route',
            name='error',
            field=models.JSONField(null=True),
        ),
        migrations.AlterField(
            model_name='routechange',
            name='cause',
            field=models.CharField(choices=[('push', 'Push'), ('rollback', 'Rollback'), ('undo', 'undo of a rollback'), ('promote', 'Promote'), ('teardown', 'Teardown'), ('canary', 'Canary')], max_length=10),
        ),
        migrations.AddField(
            model_name='account',
            name='team',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='projects.team'),
        ),
        migrations.AddField(
            model_name='destination',
            name='account',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='destinations', to='deployments.account'),
        ),
        migrations.AddConstraint(
            model_name='destination',
            constraint=models.UniqueConstraint(condition=models.Q(('removed_at', None)), fields=('project', 'name'), name='one_living_destination_per_name'),
        ),
        migrations.AddField(
            model_name='accountfield',
            name='account',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='fields', to='deployments.account'),
        ),
        migrations.AddField(
            model_name='accountfield',
            name='team',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='projects.team'),
        ),
        migrations.AddField(
            model_name='accountfield',
            name='version',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='projects.secretversion'),
        ),
        migrations.AddField(
            model_name='cloudservice',
            name='account',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='services', to='deployments.account'),
        ),
        migrations.AddField(
            model_name='cloudservice',
            name='destination',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='services', to='deployments.destination'),
        ),
        migrations.AddField(
            model_name='cloudservice',
            name='project',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='services', to='projects.project'),
        ),
        migrations.AddField(
            model_name='cloudservice',
            name='stream',
            field=models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='service', to='builds.logstream'),
        ),
        migrations.AddField(
            model_name='cloudservice',
            name='team',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='projects.team'),
        ),
        migrations.AddField(
            model_name='cloudversion',
            name='deployment',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='cloud_version', to='deployments.deployment'),
        ),
        migrations.AddField(
            model_name='cloudversion',
            name='service',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='versions', to='deployments.cloudservice'),
        ),
        migrations.AddField(
            model_name='cloudversion',
            name='team',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='projects.team'),
        ),
        migrations.AddField(
            model_name='domain',
            name='destination',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='domains', to='deployments.destination'),
        ),
        migrations.AddField(
            model_name='domain',
            name='project',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='domains', to='projects.project'),
        ),
        migrations.AddField(
            model_name='domain',
            name='team',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='projects.team'),
        ),
        migrations.AddConstraint(
            model_name='account',
            constraint=models.UniqueConstraint(condition=models.Q(('removed_at', None)), fields=('team', 'platform', 'name'), name='one_living_account_per_name'),
        ),
        migrations.AddConstraint(
            model_name='accountfield',
            constraint=models.UniqueConstraint(fields=('account', 'name'), name='one_value_per_account_field'),
        ),
        migrations.AddConstraint(
            model_name='cloudservice',
            constraint=models.UniqueConstraint(condition=models.Q(('deleted_at', None)), fields=('name',), name='one_living_service_per_name'),
        ),
        migrations.AddConstraint(
            model_name='cloudservice',
            constraint=models.UniqueConstraint(condition=models.Q(('deleted_at', None)), fields=('destination', 'environment', 'branch'), name='one_living_service_per_place'),
        ),
        migrations.AddConstraint(
            model_name='domain',
            constraint=models.UniqueConstraint(condition=models.Q(('removed_at', None)), fields=('hostname', 'project'), name='one_living_domain_per_project'),
        ),
        migrations.AddConstraint(
            model_name='domain',
            constraint=models.UniqueConstraint(condition=models.Q(('removed_at', None), ('state', 'active')), fields=('hostname',), name='one_active_domain_per_hostname'),
        ),
    ]
