from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('deployments', '0013_deploying_without_cache'),
    ]

    operations = [
        migrations.AddField(
            model_name='deployment',
            name='deleted_at',
            field=models.DateTimeField(null=True),
        ),
    ]
