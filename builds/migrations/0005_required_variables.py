from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('builds', '0004_retention'),
    ]

    operations = [
        migrations.AddField(
            model_name='bundle',
            name='required_variables',
            field=models.JSONField(default=list),
        ),
    ]
