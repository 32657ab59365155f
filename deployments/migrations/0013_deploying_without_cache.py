from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('deployments', '0012_notifications'),
    ]

    operations = [
        migrations.AddField(
            model_name='deployment',
            name='without_cache',
            field=models.BooleanField(db_default=False),
        ),
    ]
