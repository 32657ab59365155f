import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Deployment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(max_length=9, unique=True)),
                ('environment', models.CharField(choices=[('production', 'Production'), ('preview', 'Preview'), ('development', 'Development')], max_length=12)),
                ('branch', models.CharField(max_length=290)),
                ('source', models.CharField(choices=[('push', 'Push'), ('promote', 'Promote'), ('redeploy', 'Redeploy')], default='push', max_length=10)),
                ('status', models.CharField(choices=[('queued', 'Queued'), ('building', 'Building'), ('deploying', 'Deploying'), ('ready', 'Ready'), ('failed', 'Failed'), ('cancelled', 'Cancelled'), ('skipped', 'Skipped'), ('superseded', 'Superseded'), ('timed_out', 'timed out'), ('lost', 'Lost')], default='queued', max_length=12)),
                ('reason', models.CharField(blank=True, max_length=300)),
                ('error', models.JSONField(null=True)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('finished_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='DeploymentVariable',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=200)),
            ],
        ),
        migrations.CreateModel(
            name='Destination',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=50)),
                ('target', models.CharField(choices=[('nodejs', 'nodejs'), ('cloudflare', 'cloudflare'), ('lambda', 'lambda'), ('vercel', 'vercel')], max_length=20)),
                ('platform', models.CharField(choices=[('local', 'local'), ('cloudflare', 'cloudflare'), ('aws', 'aws'), ('vercel', 'vercel'), ('railway', 'railway'), ('render', 'render'), ('fly', 'fly'), ('heroku', 'heroku')], max_length=20)),
                ('is_default', models.BooleanField(default=False)),
            ],
        ),
        migrations.CreateModel(
            name='Instance',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('wanted', models.CharField(choices=[('running', 'Running'), ('asleep', 'Asleep'), ('gone', 'Gone')], default='running', max_length=8)),
                ('observed', models.CharField(choices=[('new', 'New'), ('starting', 'Starting'), ('running', 'Running'), ('stopping', 'Stopping'), ('asleep', 'Asleep'), ('failed', 'Failed'), ('gone', 'Gone')], default='new', max_length=8)),
                ('pid', models.PositiveIntegerField(null=True)),
                ('pid_started', models.CharField(blank=True, max_length=30)),
                ('starts', models.PositiveIntegerField(default=0)),
                ('error', models.JSONField(null=True)),
                ('used_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Node',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=100, unique=True)),
                ('seen_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.CreateModel(
            name='Push',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('delivery', models.CharField(max_length=100)),
                ('ref', models.CharField(max_length=300)),
                ('branch', models.CharField(max_length=290)),
                ('before', models.CharField(max_length=64)),
                ('after', models.CharField(max_length=64)),
                ('message', models.TextField(blank=True)),
                ('author', models.CharField(blank=True, max_length=200)),
                ('decision', models.CharField(blank=True, max_length=200)),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.CreateModel(
            name='Route',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('deployment', 'Deployment'), ('branch', 'Branch'), ('production', 'Production')], max_length=10)),
                ('branch', models.CharField(blank=True, max_length=290)),
                ('hostname', models.CharField(max_length=253, unique=True)),
                ('generation', models.BigIntegerField(default=0)),
                ('observed_generation', models.BigIntegerField(default=0)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.CreateModel(
            name='RouteChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('cause', models.CharField(choices=[('push', 'Push'), ('rollback', 'Rollback'), ('undo', 'undo of a rollback'), ('promote', 'Promote'), ('teardown', 'Teardown')], max_length=10)),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                'abstract': False,
            },
        ),
    ]
