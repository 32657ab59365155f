from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('deployments', '0003_pull_requests'),
    ]

    operations = [
        migrations.AddField(
            model_name='deployment',
            name='expired_at',
            field=models.DateTimeField(null=True),
        ),
    ]
