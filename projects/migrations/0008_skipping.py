from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('projects', '0007_device_logins'),
    ]

    operations = [
        migrations.AddField(
            model_name='project',
            name='ignore_command',
            field=models.CharField(blank=True, db_default='', max_length=500),
        ),
        migrations.AddField(
            model_name='project',
            name='supersede',
            field=models.BooleanField(db_default=True),
        ),
    ]
