"""The only way upwards: a lower app records what happened, a higher one subscribes to it.

A subscriber runs after the recording transaction committed, in one of its own, at least once; it may only write rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

import structlog
from django.db import transaction
from django.db.models.functions import Now

from projects import tracing
from projects.models import OutboxEvent, Team

log = structlog.get_logger(__name__)
Subscriber = Callable[[OutboxEvent], None]
_SUBSCRIBERS: dict[str, list[Subscriber]] = defaultdict(list)


def subscribe(kind: str, subscriber: Subscriber) -> None:
    if subscriber not in _SUBSCRIBERS[kind]:
        _SUBSCRIBERS[kind].append(subscriber)


def is_heard(kind: str) -> bool:
    """Whether anybody would hear of it: what nobody listens to need not be recorded."""
    return bool(_SUBSCRIBERS.get(kind))


def record(team: Team, kind: str, **payload: object) -> None:
    """Must be called in the transaction that makes it true."""
    event = OutboxEvent.objects.create(team=team, kind=kind, payload=payload, trace=tracing.current())
    transaction.on_commit(lambda: dispatch_one(event.pk))


def dispatch() -> int:
    """Whatever an earlier process recorded and did not live to hand on."""
    waiting = OutboxEvent.objects.filter(dispatched_at=None).order_by("pk").values_list("pk", flat=True)
    return sum(dispatch_one(pk) for pk in waiting[:500])


def dispatch_one(pk: int) -> bool:
    try:
        with transaction.atomic():
            return _hand_on(pk)
    except Exception:  # the edge: the event stays, and is handed on again
        log.exception("outbox event not handled", event_id=pk)
        return False


def _hand_on(pk: int) -> bool:
    rows = OutboxEvent.objects.filter(pk=pk, dispatched_at=None)
    event = rows.select_for_update(skip_locked=True).select_related("team").first()
    if event is None:
        return False
    with tracing.span(event.kind, parent=event.trace, event=event.pk):
        for subscriber in _SUBSCRIBERS[event.kind]:
            subscriber(event)
    rows.update(dispatched_at=Now())
    return True
