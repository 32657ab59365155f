from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('builds', '0006_outline'),
    ]

    operations = [
        migrations.AddField(
            model_name='build',
            name='ignore_command',
            field=models.CharField(blank=True, db_default='', max_length=500),
        ),
    ]
