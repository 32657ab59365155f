from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('projects', '0001_first'),
    ]

    operations = [
        migrations.AddField(
            model_name='project',
            name='watch_paths',
            field=models.JSONField(default=list),
        ),
    ]
