"""Celery's side of deployments."""

from __future__ import annotations

from celery import shared_task

from deployments import sweeping


@shared_task(name="deployments.tasks.sweep")
def sweep() -> None:
    sweeping.sweep_all()
