from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('builds', '0002_first'),
    ]

    operations = [
        migrations.AddField(
            model_name='build',
            name='deployed_sha',
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AddField(
            model_name='build',
            name='reason',
            field=models.CharField(blank=True, max_length=300),
        ),
        migrations.AlterField(
            model_name='build',
            name='status',
            field=models.CharField(choices=[('queued', 'Queued'), ('running', 'Running'), ('ready', 'Ready'), ('skipped', 'Skipped'), ('failed', 'Failed'), ('cancelled', 'Cancelled'), ('timed_out', 'Timed Out'), ('lost', 'Lost')], default='queued', max_length=12),
        ),
    ]
