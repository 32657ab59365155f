import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('builds', '0001_first'),
        ('projects', '0001_first'),
    ]

    operations = [
        migrations.AddField(
            model_name='blob',
            name='team',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='projects.team'),
        ),
        migrations.AddField(
            model_name='build',
            name='project',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='builds', to='projects.project'),
        ),
        migrations.AddField(
            model_name='build',
            name='team',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='projects.team'),
        ),
        migrations.AddField(
            model_name='bundle',
            name='project',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='bundles', to='projects.project'),
        ),
        migrations.AddField(
            model_name='bundle',
            name='team',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='projects.team'),
        ),
        migrations.AddField(
            model_name='build',
            name='bundle',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='builds', to='builds.bundle'),
        ),
        migrations.AddField(
            model_name='logbatch',
            name='team',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='projects.team'),
        ),
        migrations.AddField(
            model_name='logstream',
            name='team',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='projects.team'),
        ),
        migrations.AddField(
            model_name='logbatch',
            name='stream',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='batches', to='builds.logstream'),
        ),
        migrations.AddField(
            model_name='build',
            name='stream',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='build', to='builds.logstream'),
        ),
        migrations.AddField(
            model_name='step',
            name='stream',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='steps', to='builds.logstream'),
        ),
        migrations.AddField(
            model_name='step',
            name='team',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='projects.team'),
        ),
        migrations.AddConstraint(
            model_name='blob',
            constraint=models.UniqueConstraint(fields=('team', 'sha256'), name='one_blob_per_team_and_content'),
        ),
        migrations.AddConstraint(
            model_name='bundle',
            constraint=models.UniqueConstraint(fields=('project', 'key'), name='one_bundle_per_key'),
        ),
        migrations.AddIndex(
            model_name='logstream',
            index=models.Index(condition=models.Q(('ended_at__isnull', False), ('object_key', '')), fields=['ended_at'], name='streams_to_seal'),
        ),
        migrations.AddConstraint(
            model_name='logbatch',
            constraint=models.UniqueConstraint(fields=('stream', 'first'), name='one_batch_per_sequence'),
        ),
        migrations.AddConstraint(
            model_name='step',
            constraint=models.UniqueConstraint(fields=('stream', 'position'), name='one_step_per_position'),
        ),
    ]
