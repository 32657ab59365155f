import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('builds', '0002_first'),
        ('deployments', '0001_first'),
        ('projects', '0001_first'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='deployment',
            name='actor',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='deployment',
            name='build',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='deployments', to='builds.build'),
        ),
        migrations.AddField(
            model_name='deployment',
            name='bundle',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='deployments', to='builds.bundle'),
        ),
        migrations.AddField(
            model_name='deployment',
            name='project',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='deployments', to='projects.project'),
        ),
        migrations.AddField(
            model_name='deployment',
            name='stream',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='deployment', to='builds.logstream'),
        ),
        migrations.AddField(
            model_name='deployment',
            name='team',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='projects.team'),
        ),
        migrations.AddField(
            model_name='deploymentvariable',
            name='deployment',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='variables', to='deployments.deployment'),
        ),
        migrations.AddField(
            model_name='deploymentvariable',
            name='team',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='projects.team'),
        ),
        migrations.AddField(
            model_name='deploymentvariable',
            name='version',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='projects.secretversion'),
        ),
        migrations.AddField(
            model_name='destination',
            name='project',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='destinations', to='projects.project'),
        ),
        migrations.AddField(
            model_name='destination',
            name='team',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='projects.team'),
        ),
        migrations.AddField(
            model_name='deployment',
            name='destination',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='deployments', to='deployments.destination'),
        ),
        migrations.AddField(
            model_name='instance',
            name='deployment',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='instance', to='deployments.deployment'),
        ),
        migrations.AddField(
            model_name='instance',
            name='stream',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='instance', to='builds.logstream'),
        ),
        migrations.AddField(
            model_name='instance',
            name='team',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='projects.team'),
        ),
        migrations.AddField(
            model_name='instance',
            name='node',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='instances', to='deployments.node'),
        ),
        migrations.AddField(
            model_name='push',
            name='project',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='pushes', to='projects.project'),
        ),
        migrations.AddField(
            model_name='push',
            name='team',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='projects.team'),
        ),
        migrations.AddField(
            model_name='deployment',
            name='push',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='deployments', to='deployments.push'),
        ),
        migrations.AddField(
            model_name='route',
            name='destination',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='routes', to='deployments.destination'),
        ),
        migrations.AddField(
            model_name='route',
            name='observed',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='observed_by', to='deployments.deployment'),
        ),
        migrations.AddField(
            model_name='route',
            name='project',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='routes', to='projects.project'),
        ),
        migrations.AddField(
            model_name='route',
            name='team',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='projects.team'),
        ),
        migrations.AddField(
            model_name='route',
            name='wanted',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='wanted_by', to='deployments.deployment'),
        ),
        migrations.AddField(
            model_name='routechange',
            name='actor',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='routechange',
            name='deployment',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='deployments.deployment'),
        ),
        migrations.AddField(
            model_name='routechange',
            name='route',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='changes', to='deployments.route'),
        ),
        migrations.AddField(
            model_name='routechange',
            name='team',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='projects.team'),
        ),
        migrations.AddConstraint(
            model_name='deploymentvariable',
            constraint=models.UniqueConstraint(fields=('deployment', 'name'), name='one_value_per_deployment'),
        ),
        migrations.AddConstraint(
            model_name='destination',
            constraint=models.UniqueConstraint(fields=('project', 'name'), name='one_destination_per_name'),
        ),
        migrations.AddConstraint(
            model_name='destination',
            constraint=models.UniqueConstraint(condition=models.Q(('is_default', True)), fields=('project',), name='one_default_destination'),
        ),
        migrations.AddConstraint(
            model_name='push',
            constraint=models.UniqueConstraint(fields=('project', 'delivery'), name='one_push_per_delivery_and_project'),
        ),
        migrations.AddIndex(
            model_name='deployment',
            index=models.Index(fields=['project', '-id'], name='deployments_of_project'),
        ),
        migrations.AddIndex(
            model_name='deployment',
            index=models.Index(condition=models.Q(('status__in', ['queued', 'building', 'deploying'])), fields=['project', 'branch'], name='deployments_under_way'),
        ),
        migrations.AddConstraint(
            model_name='route',
            constraint=models.UniqueConstraint(condition=models.Q(('kind', 'deployment'), _negated=True), fields=('destination', 'kind', 'branch'), name='one_route_per_place'),
        ),
    ]
