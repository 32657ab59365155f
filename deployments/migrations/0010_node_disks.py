from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('deployments', '0009_agent_storage'),
    ]

    operations = [
        migrations.AddField(
            model_name='node',
            name='disk_free',
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name='node',
            name='disk_size',
            field=models.BigIntegerField(null=True),
        ),
    ]
