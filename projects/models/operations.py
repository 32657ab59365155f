"""Durable work. The row is the truth; a message is only a nudge to look at it."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from projects.models.tenancy import TeamOwned, TeamQuerySet
from projects.states import StateTable


class OperationStatus(models.TextChoices):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    TIMED_OUT = "timed_out"
    LOST = "lost"  # its worker died, and its attempts are used up


#: Neither ended nor given up.
OPEN = (OperationStatus.QUEUED, OperationStatus.RUNNING)
#: Ended by a failure, and not because somebody said so.
UNSUCCESSFUL = (OperationStatus.FAILED, OperationStatus.TIMED_OUT, OperationStatus.LOST)
OPERATION_STATES = StateTable(
    {
        OperationStatus.QUEUED: {OperationStatus.RUNNING, OperationStatus.CANCELLED},
        OperationStatus.RUNNING: {
            OperationStatus.QUEUED,
            OperationStatus.DONE,
            OperationStatus.FAILED,
            OperationStatus.CANCELLED,
            OperationStatus.TIMED_OUT,
            OperationStatus.LOST,
        },
    }
)


class Operation(TeamOwned):
    kind = models.CharField(max_length=40)
    subject_id = models.BigIntegerField()  # primary key of what the kind works on
    idempotency_key = models.CharField(max_length=200, unique=True)
    status = models.CharField(max_length=12, choices=OperationStatus.choices, default=OperationStatus.QUEUED)
    due_at = models.DateTimeField(db_default=Now())
    attempts = models.PositiveIntegerField(default=0)
    fence = models.BigIntegerField(default=0)  # grows with every lease; a write with an older one affects no row
    lease_owner = models.CharField(max_length=100, blank=True)
    lease_expires_at = models.DateTimeField(null=True)
    cancel_requested_at = models.DateTimeField(null=True)
    handle = models.JSONField(default=dict)  # the vendor's ids, written before the call that uses them
    error = models.JSONField(null=True)
    trace = models.CharField(max_length=55, blank=True, db_default="")  # W3C's traceparent of what it came of
    created_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects: ClassVar[Any] = TeamQuerySet["Operation"].as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["kind", "due_at", "id"], condition=Q(status="queued"), name="operations_to_take"),
            models.Index(fields=["kind", "team"], condition=Q(status="running"), name="operations_running"),
            models.Index(fields=["lease_expires_at"], condition=Q(status="running"), name="operations_to_reap"),
            models.Index(fields=["kind", "subject_id"], name="operations_of_subject"),
        ]


class OutboxEvent(TeamOwned):
    """Something that happened, for a higher layer to act on: written in the transaction that made it so."""

    kind = models.CharField(max_length=40)
    payload = models.JSONField()
    trace = models.CharField(max_length=55, blank=True, db_default="")  # as an operation's
    created_at = models.DateTimeField(db_default=Now())
    dispatched_at = models.DateTimeField(null=True)

    objects: ClassVar[Any] = TeamQuerySet["OutboxEvent"].as_manager()

    class Meta:
        indexes = [models.Index(fields=["id"], condition=Q(dispatched_at=None), name="outbox_to_dispatch")]
