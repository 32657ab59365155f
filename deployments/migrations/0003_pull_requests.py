import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('builds', '0002_first'),
        ('deployments', '0002_first'),
        ('projects', '0001_first'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='PullRequest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('title', models.CharField(blank=True, max_length=300)),
                ('author', models.CharField(blank=True, max_length=200)),
                ('head_branch', models.CharField(max_length=290)),
                ('head_sha', models.CharField(max_length=64)),
                ('is_fork', models.BooleanField(default=False)),
                ('is_open', models.BooleanField(default=True)),
                ('approved_sha', models.CharField(blank=True, max_length=64)),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.RemoveIndex(
            model_name='deployment',
            name='deployments_under_way',
        ),
        migrations.AlterField(
            model_name='deployment',
            name='status',
            field=models.CharField(choices=[('waiting', 'waiting for approval'), ('queued', 'Queued'), ('building', 'Building'), ('deploying', 'Deploying'), ('ready', 'Ready'), ('failed', 'Failed'), ('cancelled', 'Cancelled'), ('skipped', 'Skipped'), ('superseded', 'Superseded'), ('timed_out', 'timed out'), ('lost', 'Lost')], default='queued', max_length=12),
        ),
        migrations.AlterField(
            model_name='route',
            name='kind',
            field=models.CharField(choices=[('deployment', 'Deployment'), ('branch', 'Branch'), ('pull', 'pull request'), ('production', 'Production')], max_length=10),
        ),
        migrations.AddIndex(
            model_name='deployment',
            index=models.Index(condition=models.Q(('status__in', ['waiting', 'queued', 'building', 'deploying'])), fields=['project', 'branch'], name='deployments_under_way'),
        ),
        migrations.AddField(
            model_name='pullrequest',
            name='approved_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='pullrequest',
            name='project',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='pull_requests', to='projects.project'),
        ),
        migrations.AddField(
            model_name='pullrequest',
            name='team',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='projects.team'),
        ),
        migrations.AddField(
            model_name='push',
            name='pull_request',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='pushes', to='deployments.pullrequest'),
        ),
        migrations.AddIndex(
            model_name='pullrequest',
            index=models.Index(condition=models.Q(('is_open', True)), fields=['project', 'head_branch'], name='pull_requests_of_branch'),
        ),
        migrations.AddConstraint(
            model_name='pullrequest',
            constraint=models.UniqueConstraint(fields=('project', 'number'), name='one_row_per_pull_request'),
        ),
    ]
