"""Acting on deliveries: one transaction each, those of one repository in the order in which they came."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import structlog
from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Now
from structlog.contextvars import bound_contextvars

from core.errors import UserError
from deployments import pipeline, pull_requests
from projects.models import Project, Team
from projects.operations import as_shown
from webhooks.models import DELIVERY_STATES, Delivery, DeliveryStatus
from webhooks.payloads import Ignored, Ping, RepositoryPullRequest, RepositoryPush, parse

log = structlog.get_logger(__name__)
_ATTEMPTS: Final = 4


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided, in words for the ledger; `team` is whose project was concerned."""

    status: DeliveryStatus
    words: str
    team: Team | None = None


def process_all() -> int:
    """Until none is left that another worker does not have; returns how many."""
    done = 0
    while (delivery_id := _process_next()) is not None:
        done += 1
        log.debug("delivery processed", delivery=delivery_id)
    return done


_NEXT: Final = """
    SELECT id FROM webhooks_delivery candidate WHERE status = 'received' AND NOT EXISTS (
        SELECT 1 FROM webhooks_delivery earlier WHERE earlier.status = 'received'
        AND earlier.repository_id = candidate.repository_id AND earlier.id < candidate.id)
    ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
"""


def _process_next() -> int | None:
    delivery: Delivery | None = None
    try:
        with transaction.atomic():
            delivery = _next()
            if delivery is None:
                return None
            with bound_contextvars(delivery=delivery.guid):
                _end(delivery, decide(delivery))
    except Exception as error:  # the edge: one bad delivery must not hold up the others
        if delivery is None:
            raise
        _note_failure(delivery, error)
    return delivery.pk


def _next() -> Delivery | None:
    with connection.cursor() as cursor:
        cursor.execute(_NEXT)
        row = cursor.fetchone()
    return Delivery.objects.get(pk=row[0]) if row else None


def decide(delivery: Delivery) -> Decision:
    """Acts on one delivery, in the caller's transaction."""
    event = parse(delivery.guid, delivery.event, bytes(delivery.body))
    return _HANDLERS[type(event)](delivery, event)


def _on_ping(_delivery: Delivery, _event: Ping) -> Decision:
    return Decision(DeliveryStatus.PROCESSED, "the webhook is linked")


def _on_ignored(_delivery: Delivery, event: Ignored) -> Decision:
    return Decision(DeliveryStatus.IGNORED, event.reason)


def _on_push(delivery: Delivery, event: RepositoryPush) -> Decision:
    return _in_each_project(delivery, event.repository_id, lambda one: pipeline.handle_push(one, event.push))


def _on_pull_request(delivery: Delivery, event: RepositoryPullRequest) -> Decision:
    return _in_each_project(
        delivery, event.repository_id, lambda one: pull_requests.handle_pull_request(one, event.pull_request)
    )


def _in_each_project(delivery: Delivery, repository_id: int, act: Callable[[Project], str]) -> Decision:
    linked = Project.objects.filter(repository__host=delivery.host, repository__external_id=repository_id)
    projects = list(linked.select_related("team", "repository").order_by("pk"))
    if not projects:
        return Decision(DeliveryStatus.IGNORED, "no project is linked to this repository; link it on the dashboard")
    words = [f"{project.slug}: {act(project)}" for project in projects]
    return Decision(DeliveryStatus.PROCESSED, "; ".join(words)[:500], projects[0].team)


_HANDLERS: Final[Mapping[type, Callable[[Delivery, Any], Decision]]] = {
    Ping: _on_ping,
    Ignored: _on_ignored,
    RepositoryPush: _on_push,
    RepositoryPullRequest: _on_pull_request,
}


def _end(delivery: Delivery, decision: Decision) -> None:
    DELIVERY_STATES.move(
        Delivery.objects.filter(pk=delivery.pk),
        to=decision.status,
        decision=decision.words,
        team=decision.team,
        processed_at=Now(),
        error=None,
    )


def _note_failure(delivery: Delivery, error: Exception) -> None:
    rows = Delivery.objects.filter(pk=delivery.pk)
    if not isinstance(error, UserError):
        log.exception("delivery failed", delivery=delivery.guid, exc_info=error)
        if delivery.attempts + 1 < _ATTEMPTS:
            rows.update(attempts=F("attempts") + 1)
            return
    DELIVERY_STATES.move(rows, to=DeliveryStatus.FAILED, error=as_shown(error), processed_at=Now())
