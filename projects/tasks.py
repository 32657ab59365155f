"""Celery's side of operations: each task looks at rows and does what is due."""

from __future__ import annotations

from celery import shared_task

from projects import operations, outbox


@shared_task(name="projects.tasks.work")
def work(kind: str) -> None:
    operations.work(kind)


@shared_task(name="projects.tasks.reap")
def reap() -> None:
    operations.reap()
    outbox.dispatch()
