"""Celery's side of builds; the work itself is an operation."""

from __future__ import annotations

from celery import shared_task

from builds import logs


@shared_task(name="builds.tasks.seal_logs")
def seal_logs() -> None:
    logs.seal_ended(older_than_seconds=60)
