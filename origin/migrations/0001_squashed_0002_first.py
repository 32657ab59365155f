import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [
        ('origin', '0001_first'),
        ('origin', '0002_first'),
    ]

    initial = True

    dependencies = [
        ('projects', '0001_squashed_0009_traces'),
    ]

    operations = [
        migrations.CreateModel(
            name='OriginRepository',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('path', models.CharField(max_length=1000)),
                ('hosted', models.BooleanField(default=True)),
                ('repository', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='origin', to='projects.repository')),
                ('team', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='projects.team')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='OriginRef',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=290)),
                ('sha', models.CharField(max_length=64)),
                ('team', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='projects.team')),
                ('origin', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='refs', to='origin.originrepository')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('origin', 'name'), name='one_row_per_ref')],
            },
        ),
        migrations.CreateModel(
            name='Announcement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('guid', models.UUIDField(unique=True)),
                ('ref', models.CharField(max_length=290)),
                ('before', models.CharField(max_length=64)),
                ('after', models.CharField(max_length=64)),
                ('pusher', models.CharField(blank=True, max_length=150)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('sent_at', models.DateTimeField(null=True)),
                ('team', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='projects.team')),
                ('origin', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='announcements', to='origin.originrepository')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('sent_at', None)), fields=['origin', 'id'], name='announcements_to_send')],
            },
        ),
    ]
