"""Celery's side of webhooks."""

from __future__ import annotations

from celery import shared_task

from webhooks import processing


@shared_task(name="webhooks.tasks.process_deliveries")
def process_deliveries() -> None:
    processing.process_all()
