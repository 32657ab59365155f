from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('builds', '0008_bundle_archives'),
    ]

    operations = [
        migrations.AddField(
            model_name='build',
            name='fresh',
            field=models.BooleanField(db_default=False),
        ),
    ]
