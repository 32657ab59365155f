import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [
        ('builds', '0001_first'),
        ('builds', '0002_first'),
        ('builds', '0003_watch_paths'),
        ('builds', '0004_retention'),
        ('builds', '0005_required_variables'),
        ('builds', '0006_outline'),
        ('builds', '0007_skipping'),
        ('builds', '0008_bundle_archives'),
        ('builds', '0009_building_without_cache'),
    ]

    initial = True

    dependencies = [
        ('projects', '0001_squashed_0009_traces'),
    ]

    operations = [
        migrations.CreateModel(
            name='Bundle',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=64)),
                ('target', models.CharField(max_length=20)),
                ('digest', models.CharField(max_length=64)),
                ('manifest_key', models.CharField(max_length=200)),
                ('entry', models.CharField(max_length=500)),
                ('size', models.BigIntegerField()),
                ('file_count', models.PositiveIntegerField()),
                ('findings', models.JSONField(default=list)),
                ('outline', models.JSONField(default=dict)),
                ('required_variables', models.JSONField(default=list)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('used_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='bundles', to='projects.project')),
                ('team', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='projects.team')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('project', 'key'), name='one_bundle_per_key')],
            },
        ),
        migrations.CreateModel(
            name='BundleArchive',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sha256', models.CharField(max_length=64)),
                ('size', models.BigIntegerField()),
                ('object_key', models.CharField(max_length=200)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('bundle', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='archive', to='builds.bundle')),
                ('team', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='projects.team')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='LogStream',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('next_sequence', models.BigIntegerField(default=0)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('ended_at', models.DateTimeField(null=True)),
                ('object_key', models.CharField(blank=True, max_length=300)),
                ('expired', models.BooleanField(default=False)),
                ('team', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='projects.team')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('ended_at__isnull', False), ('object_key', '')), fields=['ended_at'], name='streams_to_seal')],
            },
        ),
        migrations.CreateModel(
            name='LogBatch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('first', models.BigIntegerField()),
                ('last', models.BigIntegerField()),
                ('lines', models.JSONField()),
                ('team', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='projects.team')),
                ('stream', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='batches', to='builds.logstream')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('stream', 'first'), name='one_batch_per_sequence')],
            },
        ),
        migrations.CreateModel(
            name='Build',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('commit_sha', models.CharField(max_length=64)),
                ('ref', models.CharField(max_length=300)),
                ('target', models.CharField(choices=[('nodejs', 'nodejs'), ('cloudflare', 'cloudflare'), ('lambda', 'lambda'), ('vercel', 'vercel')], max_length=20)),
                ('trust', models.CharField(choices=[('own', 'Own'), ('fork', 'Fork')], default='own', max_length=4)),
                ('status', models.CharField(choices=[('queued', 'Queued'), ('running', 'Running'), ('ready', 'Ready'), ('skipped', 'Skipped'), ('failed', 'Failed'), ('cancelled', 'Cancelled'), ('timed_out', 'Timed Out'), ('lost', 'Lost')], default='queued', max_length=12)),
                ('deployed_sha', models.CharField(blank=True, max_length=64)),
                ('ignore_command', models.CharField(blank=True, db_default='', max_length=500)),
                ('reason', models.CharField(blank=True, max_length=300)),
                ('tree_sha', models.CharField(blank=True, max_length=64)),
                ('fresh', models.BooleanField(db_default=False)),
                ('reused', models.BooleanField(default=False)),
                ('findings', models.JSONField(default=list)),
                ('error', models.JSONField(null=True)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('started_at', models.DateTimeField(null=True)),
                ('finished_at', models.DateTimeField(null=True)),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='builds', to='projects.project')),
                ('team', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='projects.team')),
                ('bundle', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='builds', to='builds.bundle')),
                ('stream', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='build', to='builds.logstream')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Orphan',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('object_key', models.CharField(max_length=300, unique=True)),
                ('seen_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('team', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='projects.team')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Step',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveIntegerField()),
                ('name', models.CharField(max_length=40)),
                ('outcome', models.CharField(blank=True, max_length=12)),
                ('started_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('finished_at', models.DateTimeField(null=True)),
                ('stream', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='steps', to='builds.logstream')),
                ('team', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='projects.team')),
            ],
            options={
                'ordering': ['position'],
                'constraints': [models.UniqueConstraint(fields=('stream', 'position'), name='one_step_per_position')],
            },
        ),
        migrations.CreateModel(
            name='Blob',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sha256', models.CharField(max_length=64)),
                ('size', models.BigIntegerField()),
                ('object_key', models.CharField(max_length=200)),
                ('offset', models.BigIntegerField(default=0)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('used_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('team', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='projects.team')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('team', 'sha256'), name='one_blob_per_team_and_content')],
            },
        ),
    ]
