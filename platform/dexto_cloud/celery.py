"""The Celery application of workers and beat. Apps declare their tasks with `shared_task`."""

import os
from threading import Timer
from typing import Any

from celery import Celery
from celery.beat import EmbeddedService
from celery.signals import worker_ready, worker_shutting_down
from django.conf import settings
from django.utils.module_loading import import_string

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dexto_cloud.settings")
app = Celery("dexto_cloud")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_shutting_down.connect
def hand_back_in_time(**_signal: Any) -> None:
    """A worker that is asked to stop finishes what it can within its time; the rest goes to another at once."""
    import_string("projects.operations.drain")()  # models exist only in a worker that runs
    timer = Timer(settings.WORKER_DRAIN_SECONDS, import_string("projects.operations.hand_back"))
    timer.daemon = True
    timer.start()


@worker_ready.connect
def start_clock(**_signal: Any) -> None:
    """On one machine the clock is a thread of the worker: `--beat` would fork, and cost 70 MB."""
    if settings.CLOCK_IN_WORKER:
        clock = EmbeddedService(app, thread=True, schedule_filename=str(settings.RUN_DIR / "clock"))
        worker_shutting_down.connect(lambda **_: clock.service.stop(wait=False), weak=False)
        clock.daemon = True
        clock.start()
