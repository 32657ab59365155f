"""Celery's side of the pages: mail, which a person must not wait for, nor learn from the waiting."""

from __future__ import annotations

from celery import shared_task

from dashboard import mailing


@shared_task(name="dashboard.tasks.send_resets", autoretry_for=(OSError,), retry_backoff=5, max_retries=4)
def send_resets(who: str) -> None:
    mailing.send_resets(who)
