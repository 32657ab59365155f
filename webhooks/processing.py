"""Acting on deliveries: one transaction each, those of one repository in the order in which they came."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import structlog
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from structlog.contextvars import bound_contextvars

from core.errors import UserError
from projects import tracing
from projects.operations import as_shown
from webhooks import app_handlers, code_handlers, events
from webhooks.decisions import Decision, ignored, processed
from webhooks.models import DELIVERY_STATES, Delivery, DeliveryStatus
from webhooks.payloads import parse
from webhooks.turns import Turns

log = structlog.get_logger(__name__)
_ATTEMPTS: Final = 4
_turns = Turns(2)


def process_all() -> int:
    """Until none is left that another worker does not have; returns how many."""
    return _turns.take(_process_while_there_are)


def _process_while_there_are() -> int:
    done = 0
    while (delivery_id := _process_next()) is not None:
        done += 1
        log.debug("delivery processed", delivery=delivery_id)
    return done


_NEXT: Final = """
    SELECT candidate.* FROM webhooks_delivery candidate WHERE status = 'received' AND NOT EXISTS (
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
            with bound_contextvars(delivery=delivery.guid), tracing.span("delivery", delivery=delivery.guid):
                _end(delivery, decide(delivery))
    except Exception as error:  # the edge: one bad delivery must not hold up the others
        if delivery is None:
            raise
        _note_failure(delivery, error)
    return delivery.pk


def _next() -> Delivery | None:
    return next(iter(Delivery.objects.raw(_NEXT)), None)


def decide(delivery: Delivery) -> Decision:
    """Acts on one delivery, in the caller's transaction."""
    event = parse(delivery.guid, delivery.event, bytes(delivery.body))
    return _HANDLERS[type(event)](delivery, event)


def _on_ping(_delivery: Delivery, _event: events.Ping) -> Decision:
    return processed("the webhook is linked")


def _on_ignored(_delivery: Delivery, event: events.Ignored) -> Decision:
    return ignored(event.reason)


_HANDLERS: Final[Mapping[type, Callable[[Delivery, Any], Decision]]] = {
    events.Ping: _on_ping,
    events.Ignored: _on_ignored,
    events.RepositoryPush: code_handlers.on_push,
    events.RepositoryPullRequest: code_handlers.on_pull_request,
    events.BranchDeleted: code_handlers.on_branch_deleted,
    events.RerunRequested: code_handlers.on_rerun,
    events.RepositoryChanged: app_handlers.on_repository,
    events.InstallationChanged: app_handlers.on_installation,
    events.InstallationRepositoriesChanged: app_handlers.on_installation_repositories,
    events.AuthorizationRevoked: app_handlers.on_authorization,
}


def _end(delivery: Delivery, decision: Decision) -> None:
    DELIVERY_STATES.move(
        Delivery.objects.filter(pk=delivery.pk),
        to=decision.status,
        decision=decision.words,
        decisions=decision.by_team,
        team_id=next(iter(decision.by_team), None),
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
