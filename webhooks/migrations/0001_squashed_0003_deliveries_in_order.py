import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [
        ('webhooks', '0001_first'),
        ('webhooks', '0002_code_hosts'),
        ('webhooks', '0003_deliveries_in_order'),
    ]

    initial = True

    dependencies = [
        ('projects', '0001_squashed_0009_traces'),
    ]

    operations = [
        migrations.CreateModel(
            name='Delivery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('guid', models.CharField(max_length=100, unique=True)),
                ('host', models.CharField(max_length=100)),
                ('event', models.CharField(max_length=60)),
                ('repository_id', models.BigIntegerField(null=True)),
                ('body', models.BinaryField()),
                ('status', models.CharField(choices=[('received', 'Received'), ('processed', 'Processed'), ('ignored', 'Ignored'), ('failed', 'Failed')], default='received', max_length=10)),
                ('attempts', models.PositiveIntegerField(default=0)),
                ('decision', models.CharField(blank=True, max_length=500)),
                ('decisions', models.JSONField(default=dict)),
                ('error', models.JSONField(null=True)),
                ('received_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('processed_at', models.DateTimeField(null=True)),
                ('team', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='projects.team')),
            ],
            options={
                'verbose_name_plural': 'deliveries',
                'indexes': [models.Index(condition=models.Q(('status', 'received')), fields=['repository_id', 'id'], name='deliveries_to_process'), models.Index(condition=models.Q(('status', 'received')), fields=['id'], name='deliveries_in_order'), django.contrib.postgres.indexes.GinIndex(fields=['decisions'], name='deliveries_of_team')],
            },
        ),
    ]
