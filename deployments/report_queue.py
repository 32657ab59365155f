"""Asking for reports. A change asks for one; one that waits already tells of every change until it runs."""

from __future__ import annotations

from django.db.models import Max
from django.db.models.functions import Now

from projects import operations
from projects.models import Operation, OperationStatus, OutboxEvent

KIND = "report"


def on_changed(event: OutboxEvent) -> None:
    deployment = int(event.payload["deployment"])
    waiting = Operation.objects.filter(team=event.team, kind=KIND, status=OperationStatus.QUEUED)
    if waiting.filter(subject_id=deployment).exists():
        return
    paused_until = waiting.filter(handle__paused=True, due_at__gt=Now()).aggregate(until=Max("due_at"))["until"]
    operation = operations.enqueue(event.team, KIND, deployment, f"report:{deployment}:{event.pk}")
    if paused_until is not None:
        Operation.objects.filter(pk=operation.pk).update(due_at=paused_until)
