"""Celery's side of deployments."""

from __future__ import annotations

from celery import shared_task

from deployments import proving, sweeping
from deployments.cloud import tidying


@shared_task(name="deployments.tasks.sweep")
def sweep() -> None:
    sweeping.sweep_all()


@shared_task(name="deployments.tasks.inspect_services")
def inspect_services() -> None:
    tidying.inspect_all()
    proving.look_at_all()
