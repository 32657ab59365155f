"""Celery's side of the origin."""

from __future__ import annotations

from celery import shared_task

from origin import announcing


@shared_task(name="origin.tasks.announce_all")
def announce_all() -> None:
    announcing.announce_all()
