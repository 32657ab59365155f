from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('deployments', '0010_node_disks'),
    ]

    operations = [
        migrations.AddField(
            model_name='deployment',
            name='without_cache',
            field=models.BooleanField(db_default=False),
        ),
    ]
