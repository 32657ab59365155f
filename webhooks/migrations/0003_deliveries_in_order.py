from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('projects', '0005_code_hosts'),
        ('webhooks', '0002_code_hosts'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(condition=models.Q(('status', 'received')), fields=['id'], name='deliveries_in_order'),
        ),
    ]
