"""Log streams: lines in batches while live, one sealed object afterwards."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from projects.models import TeamOwned, TeamQuerySet


class LogStream(TeamOwned):
    next_sequence = models.BigIntegerField(default=0)
    created_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True)
    object_key = models.CharField(max_length=300, blank=True)  # set once it is sealed; then it has no batches
    expired = models.BooleanField(default=False)  # its lines were kept for long enough

    objects: ClassVar[Any] = TeamQuerySet["LogStream"].as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["ended_at"],
                condition=Q(ended_at__isnull=False, object_key=""),
                name="streams_to_seal",
            )
        ]


class LogBatch(TeamOwned):
    """Lines `first` to `last` of a stream, each as [milliseconds since the epoch, step, text]."""

    stream = models.ForeignKey(LogStream, on_delete=models.CASCADE, related_name="batches")
    first = models.BigIntegerField()
    last = models.BigIntegerField()
    lines = models.JSONField()

    objects: ClassVar[Any] = TeamQuerySet["LogBatch"].as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["stream", "first"], name="one_batch_per_sequence")]


class Step(TeamOwned):
    """One step of a build or a release, for the timeline."""

    stream = models.ForeignKey(LogStream, on_delete=models.CASCADE, related_name="steps")
    position = models.PositiveIntegerField()
    name = models.CharField(max_length=40)
    outcome = models.CharField(max_length=12, blank=True)  # "", done, failed
    started_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True)

    objects: ClassVar[Any] = TeamQuerySet["Step"].as_manager()

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["stream", "position"], name="one_step_per_position")]
