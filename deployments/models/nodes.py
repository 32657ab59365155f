"""Machines of the local platform, and the agent processes that run on them."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models.functions import Now

from builds.models import LogStream
from deployments.models.deployments import Deployment
from projects.models import TeamOwned, TeamQuerySet


class Node(models.Model):
    """A machine. It belongs to the installation, not to a team: the one table without `team`."""

    name = models.CharField(max_length=100, unique=True)
    seen_at = models.DateTimeField(db_default=Now())
    # Of the disk with its agents' bundles and memories, in bytes; null until it was heard of.
    disk_size = models.BigIntegerField(null=True)
    disk_free = models.BigIntegerField(null=True)

    @property
    def disk_used_percent(self) -> int | None:
        if not self.disk_size or self.disk_free is None:
            return None
        return round(100 * (self.disk_size - self.disk_free) / self.disk_size)


class Wanted(models.TextChoices):
    RUNNING = "running"
    ASLEEP = "asleep"
    GONE = "gone"


class Observed(models.TextChoices):
    NEW = "new"
    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"
    ASLEEP = "asleep"
    FAILED = "failed"
    GONE = "gone"


class Instance(TeamOwned):
    """Others write `wanted`; only its node writes the rest."""

    deployment = models.OneToOneField(Deployment, on_delete=models.CASCADE, related_name="instance")
    node = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="instances")
    wanted = models.CharField(max_length=8, choices=Wanted.choices, default=Wanted.RUNNING)
    observed = models.CharField(max_length=8, choices=Observed.choices, default=Observed.NEW)
    pid = models.PositiveIntegerField(null=True)
    pid_started = models.CharField(max_length=30, blank=True)  # tells the process from a later one with its pid
    starts = models.PositiveIntegerField(default=0)
    error = models.JSONField(null=True)
    stream = models.OneToOneField(LogStream, on_delete=models.PROTECT, related_name="instance")
    used_at = models.DateTimeField(db_default=Now())

    objects: ClassVar[Any] = TeamQuerySet["Instance"].as_manager()
