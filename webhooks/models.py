"""The ledger: every delivery that was verified, what it said, what was decided, and why."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from projects.models import Team
from projects.states import StateTable


class DeliveryStatus(models.TextChoices):
    RECEIVED = "received"
    PROCESSED = "processed"
    IGNORED = "ignored"
    FAILED = "failed"


DELIVERY_STATES = StateTable(
    {
        DeliveryStatus.RECEIVED: {DeliveryStatus.PROCESSED, DeliveryStatus.IGNORED, DeliveryStatus.FAILED},
        DeliveryStatus.FAILED: {DeliveryStatus.RECEIVED},  # delivered again, or replayed
        DeliveryStatus.IGNORED: {DeliveryStatus.RECEIVED},  # replayed, as is what follows
        DeliveryStatus.PROCESSED: {DeliveryStatus.RECEIVED},
    }
)


class Delivery(models.Model):
    """It comes before anybody knows whose it is: `team` is set once a project of one is concerned."""

    guid = models.CharField(max_length=100, unique=True)
    host = models.CharField(max_length=100)
    event = models.CharField(max_length=60)
    repository_id = models.BigIntegerField(null=True)  # the host's number; deliveries of one go in order
    body = models.BinaryField()
    status = models.CharField(max_length=10, choices=DeliveryStatus.choices, default=DeliveryStatus.RECEIVED)
    attempts = models.PositiveIntegerField(default=0)
    decision = models.CharField(max_length=500, blank=True)
    decisions = models.JSONField(default=dict)  # by a team's primary key: what it may read of the decision
    error = models.JSONField(null=True)
    team = models.ForeignKey(Team, null=True, on_delete=models.SET_NULL, related_name="+")
    received_at = models.DateTimeField(db_default=Now())
    processed_at = models.DateTimeField(null=True)

    objects: ClassVar[Any] = models.Manager()

    class Meta:
        verbose_name_plural = "deliveries"
        indexes = [
            models.Index(fields=["repository_id", "id"], condition=Q(status="received"), name="deliveries_to_process"),
            # The next one is found among those that wait, however long the ledger is.
            models.Index(fields=["id"], condition=Q(status="received"), name="deliveries_in_order"),
            GinIndex(fields=["decisions"], name="deliveries_of_team"),
        ]
