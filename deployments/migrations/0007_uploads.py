from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('deployments', '0006_destinations'),
    ]

    operations = [
        migrations.AddField(
            model_name='push',
            name='uploaded',
            field=models.BooleanField(db_default=False),
        ),
        migrations.AlterField(
            model_name='deployment',
            name='source',
            field=models.CharField(choices=[('push', 'Push'), ('promote', 'Promote'), ('redeploy', 'Redeploy'), ('upload', 'Upload')], default='push', max_length=10),
        ),
    ]
