import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('origin', '0001_first'),
        ('projects', '0001_first'),
    ]

    operations = [
        migrations.AddField(
            model_name='announcement',
            name='team',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='projects.team'),
        ),
        migrations.AddField(
            model_name='originref',
            name='team',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='projects.team'),
        ),
        migrations.AddField(
            model_name='originrepository',
            name='repository',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='origin', to='projects.repository'),
        ),
        migrations.AddField(
            model_name='originrepository',
            name='team',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='projects.team'),
        ),
        migrations.AddField(
            model_name='originref',
            name='origin',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='refs', to='origin.originrepository'),
        ),
        migrations.AddField(
            model_name='announcement',
            name='origin',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='announcements', to='origin.originrepository'),
        ),
        migrations.AddConstraint(
            model_name='originref',
            constraint=models.UniqueConstraint(fields=('origin', 'name'), name='one_row_per_ref'),
        ),
        migrations.AddIndex(
            model_name='announcement',
            index=models.Index(condition=models.Q(('sent_at', None)), fields=['origin', 'id'], name='announcements_to_send'),
        ),
    ]
