"""Writing deliveries down: one INSERT, and one nudge for however many came at once."""

from __future__ import annotations

from threading import Event, Lock, Thread
from typing import Final

from django.db import connection

from projects.nudges import nudge
from webhooks.models import DELIVERY_STATES, Delivery, DeliveryStatus

_INSERT: Final = """
    INSERT INTO webhooks_delivery (guid, host, event, repository_id, body, status, attempts, decision, decisions)
    VALUES (%s, %s, %s, %s, %s, 'received', 0, '', '{}') ON CONFLICT (guid) DO NOTHING
"""
_TASK: Final = "webhooks.tasks.process_deliveries"
_PAUSE_SECONDS: Final = 0.05  # after a nudge: what comes alone is told of at once


def record(guid: str, *, host: str, event: str, repository_id: int | None, body: bytes) -> bool:
    """Whether it is new. One that failed before is taken up again: a redelivery keeps its id."""
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [guid, host, event, repository_id, body])
        created: bool = cursor.rowcount == 1
    if not created:
        failed = Delivery.objects.filter(guid=guid, status=DeliveryStatus.FAILED)
        DELIVERY_STATES.move(failed, to=DeliveryStatus.RECEIVED, attempts=0)
    _nudger.nudge()
    return created


class _Nudger:
    """Sends in a thread of its own: an answer never waits for the broker."""

    def __init__(self) -> None:
        self._wanted = Event()
        self._lock = Lock()
        self._thread: Thread | None = None

    def nudge(self) -> None:
        self._wanted.set()
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = Thread(target=self._run, name="nudger", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while self._wanted.wait():
            self._wanted.clear()
            nudge(_TASK)
            Event().wait(_PAUSE_SECONDS)


_nudger = _Nudger()
