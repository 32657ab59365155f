"""The Celery application of workers and beat. Apps declare their tasks with `shared_task`."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dexto_cloud.settings")
app = Celery("dexto_cloud")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
