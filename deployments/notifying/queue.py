"""Asking for a target's messages to be sent. What waits are rows; the operation sends whatever it finds."""

from __future__ import annotations

from uuid import uuid4

from django.db import transaction
from django.db.models.functions import Now

from deployments.models import Notification, NotificationStatus, NotificationTarget
from projects import operations
from projects.models import Operation, OperationStatus
from projects.models.operations import OPEN
from projects.nudges import nudge

KIND = "notify"


def ask(target: NotificationTarget) -> None:
    """One that is queued already, perhaps for a later try, looks now. Moving it locks it: while this transaction lasts
    nobody takes it and misses the new row."""
    queued = Operation.objects.filter(kind=KIND, subject_id=target.pk, status=OperationStatus.QUEUED)
    if queued.update(due_at=Now()):
        transaction.on_commit(lambda: nudge("projects.tasks.work", KIND))
    else:
        operations.enqueue(target.team, KIND, target.pk, f"notify:{target.pk}:{uuid4().hex}")


def ask_for_forgotten() -> int:
    """Rows that wait though no operation would send them, after one that failed; returns of how many targets."""
    open_ones = Operation.objects.filter(kind=KIND, status__in=OPEN).values("subject_id")
    rows = Notification.objects.filter(status=NotificationStatus.WAITING, due_at__lte=Now()).exclude(
        target__in=open_ones
    )
    targets = list(NotificationTarget.objects.filter(pk__in=rows.values("target")).select_related("team"))
    for target in targets:
        ask(target)
    return len(targets)
