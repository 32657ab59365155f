"""The operation `notify`: what waits for one target is sent, at the pace that it bears.

Before a message goes its rows are claimed: one more attempt, and due again only after that attempt's pause. Who dies in
between has said when it is tried again; who was slow finds the row claimed anew, and writes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from math import ceil
from typing import Any, Final
from uuid import uuid4

import structlog
from django.conf import settings
from django.db.models import F, Max, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from builds.redaction import Redactor
from core.errors import DextoError
from deployments.models import (
    NOTIFICATION_STATES,
    Notification,
    NotificationStatus,
    NotificationTarget,
    TargetKind,
)
from deployments.notifying import pacing
from deployments.notifying.channels import CHANNELS
from deployments.notifying.channels.contract import Outcome, Outgoing, Result
from deployments.notifying.events import Event
from deployments.notifying.messages import Told, message_of, one_line
from deployments.notifying.signing import secrets_of
from projects.leases import Lease, PostponedError
from projects.secrets import unseal

log = structlog.get_logger(__name__)
_AT_ONCE: Final = 200
_WORDS: Final = 200


def run(lease: Lease) -> None:
    """Raises PostponedError while something waits for its time."""
    while (target := _target(lease.subject_id)) is not None:
        lease.check()
        due = _waiting(target).filter(due_at__lte=Now())
        rows = list(due.order_by("pk")[:_AT_ONCE])
        plan = _plan(target, len(rows))
        if not rows or plan.taken == 0:
            _wait(target, plan.wait)
            return
        tell(target, rows[: plan.taken])


def tell(target: NotificationTarget, rows: Sequence[Notification]) -> Outcome | None:
    """Sends one message of these; None where somebody else is at it."""
    message = uuid4()
    claimed = [row for row in rows if _claim(row, message)]
    if not claimed:
        return None
    outcome = _redacted(_sent(target, claimed), target)
    log.info("notified", target=target.pk, rows=len(claimed), result=outcome.result.name, status=outcome.status)
    for row in claimed:
        _note(row, outcome)
    if outcome.result is Result.GONE:
        pause(target, f"It answered {outcome.status}: nothing is taken there any more.")
    return outcome


def pause(target: NotificationTarget, because: str = "") -> None:
    """Nothing is told there from now on, and what waits is given up: it may be sent once more by hand."""
    NotificationTarget.objects.filter(pk=target.pk, paused_at=None).update(paused_at=Now(), paused_because=because)
    _give_up(_waiting(target), answer=because or "The target was paused before it was sent.")


def _target(pk: int) -> NotificationTarget | None:
    rows = NotificationTarget.objects.living().filter(pk=pk, paused_at=None)
    found: NotificationTarget | None = rows.select_related("team", "project", "address", "signing").first()
    return found


def _waiting(target: NotificationTarget) -> QuerySet[Notification]:
    rows: QuerySet[Notification] = Notification.objects.filter(target=target, status=NotificationStatus.WAITING)
    return rows


def _plan(target: NotificationTarget, waiting: int) -> pacing.Plan:
    if not CHANNELS[TargetKind(target.kind)].is_for_people:
        return pacing.Plan(1)
    since = timezone.now() - pacing.WINDOW
    told = Notification.objects.filter(target=target, status=NotificationStatus.SENT, sent_at__gt=since)
    messages = told.exclude(event=Event.TEST).order_by().values("message").annotate(at=Max("sent_at"))
    return pacing.plan(waiting, list(messages.values_list("at", flat=True)), timezone.now())


def _wait(target: NotificationTarget, held: timedelta) -> None:
    """Until the pace allows it, else until the next row is due."""
    next_due = _waiting(target).order_by("due_at").values_list("due_at", flat=True).first()
    if next_due is not None:
        raise PostponedError(max(1, ceil(max(held, next_due - timezone.now()).total_seconds())))


def _claim(row: Notification, message: Any) -> bool:
    """The number of attempts is the fence: of two only one takes it from the one to the next."""
    pause = pacing.pause_after(row.attempts + 1) or timedelta(seconds=pacing.PAUSES[-1])
    rows = Notification.objects.filter(pk=row.pk, status=NotificationStatus.WAITING, attempts=row.attempts)
    taken = rows.update(attempts=F("attempts") + 1, due_at=Now() + pause, message=message)
    row.attempts += taken
    return bool(taken)


def _sent(target: NotificationTarget, rows: Sequence[Notification]) -> Outcome:
    """A value that cannot be opened is no reason to try for a day."""
    try:
        return CHANNELS[TargetKind(target.kind)].send(_outgoing(target, rows))
    except DextoError as error:
        return Outcome(Result.REFUSED, error.sentence)


def _outgoing(target: NotificationTarget, rows: Sequence[Notification]) -> Outgoing:
    told = tuple(Told(Event(row.event), row.payload) for row in rows)
    return Outgoing(
        id=str(rows[0].public_id),
        at=rows[0].created_at,
        message=message_of(told, link=page_of(target)),
        told=told,
        address=unseal(target.address),
        secrets=secrets_of(target),
    )


def page_of(target: NotificationTarget) -> str:
    where = f"{target.project.slug}/notifications" if target.project else "-/notifications"
    return f"{settings.PUBLIC_URL}/{target.team.slug}/{where}"


def _redacted(outcome: Outcome, target: NotificationTarget) -> Outcome:
    """A receiver may say anything, also what it was sent."""
    try:
        signing = dict(zip(("secret", "secret before"), secrets_of(target), strict=False))
        known = {"address": unseal(target.address), **signing}
    except DextoError:
        known = {}
    return replace(outcome, words=one_line(Redactor.of(known).text(outcome.words), _WORDS))


def _note(row: Notification, outcome: Outcome) -> None:
    """Of this attempt only."""
    rows = Notification.objects.filter(pk=row.pk, attempts=row.attempts)
    answer = {"answer": outcome.words, "answer_status": outcome.status}
    if outcome.result is Result.SENT:
        NOTIFICATION_STATES.move(rows, to=NotificationStatus.SENT, sent_at=Now(), **answer)
        return
    pause = pacing.pause_after(row.attempts, outcome.after) if outcome.result is Result.LATER else None
    if pause is None or row.event == Event.TEST:
        _give_up(rows, **answer)
    else:
        rows.filter(status=NotificationStatus.WAITING).update(due_at=Now() + pause, **answer)


def _give_up(rows: QuerySet[Notification], **answer: object) -> int:
    return NOTIFICATION_STATES.move(rows, to=NotificationStatus.FAILED, **answer)
