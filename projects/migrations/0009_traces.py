from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('projects', '0008_skipping'),
    ]

    operations = [
        migrations.AddField(
            model_name='operation',
            name='trace',
            field=models.CharField(blank=True, db_default='', max_length=55),
        ),
        migrations.AddField(
            model_name='outboxevent',
            name='trace',
            field=models.CharField(blank=True, db_default='', max_length=55),
        ),
    ]
