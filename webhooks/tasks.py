"""Celery's side of webhooks."""

from __future__ import annotations

from celery import shared_task

from webhooks import catching_up, processing, reconciling


@shared_task(name="webhooks.tasks.process_deliveries")
def process_deliveries() -> None:
    processing.process_all()


@shared_task(name="webhooks.tasks.poll")
def poll() -> None:
    catching_up.poll_all()


@shared_task(name="webhooks.tasks.recover")
def recover() -> None:
    catching_up.recover_all()


@shared_task(name="webhooks.tasks.reconcile")
def reconcile() -> None:
    reconciling.reconcile_all()
