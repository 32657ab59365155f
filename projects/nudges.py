"""Nudges: messages that say "look at your rows". One that is lost costs seconds, never work."""

from __future__ import annotations

import structlog
from celery import current_app
from kombu.exceptions import OperationalError

log = structlog.get_logger(__name__)


def nudge(task: str, *arguments: object) -> None:
    """Sends a task's name. A broker that is down must not fail the transaction that was just committed."""
    try:
        current_app.send_task(task, args=arguments, retry=False)
    except (OperationalError, OSError) as error:
        log.warning("nudge not sent", task=task, error=str(error))
