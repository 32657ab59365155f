from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('projects', '0003_deleted_projects'),
    ]

    operations = [
        migrations.AddField(
            model_name='secretversion',
            name='is_secret',
            field=models.BooleanField(db_default=True, default=True),
        ),
    ]
