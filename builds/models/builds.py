"""One attempt to make a bundle of a commit for a target."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models.functions import Now

from builds.models.bundles import Bundle
from builds.models.logs import LogStream
from core.targets import Target
from projects.models import Project, TeamOwned, TeamQuerySet
from projects.states import StateTable


class BuildStatus(models.TextChoices):
    QUEUED = "queued"
    RUNNING = "running"
    READY = "ready"
    SKIPPED = "skipped"
    FAILED = "failed"
    CANCELLED = "cancelled"
    TIMED_OUT = "timed_out"
    LOST = "lost"


_ENDED = {
    BuildStatus.READY,
    BuildStatus.SKIPPED,
    BuildStatus.FAILED,
    BuildStatus.CANCELLED,
    BuildStatus.TIMED_OUT,
    BuildStatus.LOST,
}
BUILD_STATES = StateTable(
    {
        BuildStatus.QUEUED: {BuildStatus.RUNNING, *_ENDED},
        # Running again is the next attempt, after the one before died.
        BuildStatus.RUNNING: {BuildStatus.RUNNING, *_ENDED},
    }
)


class Trust(models.TextChoices):
    OWN = "own"
    FORK = "fork"


class Build(TeamOwned):
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="builds")
    commit_sha = models.CharField(max_length=64)
    ref = models.CharField(max_length=300)
    target = models.CharField(max_length=20, choices=[(one.value, one.value) for one in Target])
    trust = models.CharField(max_length=4, choices=Trust.choices, default=Trust.OWN)
    status = models.CharField(max_length=12, choices=BuildStatus.choices, default=BuildStatus.QUEUED)
    deployed_sha = models.CharField(max_length=64, blank=True)  # what served when it was asked for: see watch paths
    ignore_command = models.CharField(max_length=500, blank=True, db_default="")  # asked first; see runner.ignoring
    reason = models.CharField(max_length=300, blank=True)  # why it was skipped
    tree_sha = models.CharField(max_length=64, blank=True)
    bundle = models.ForeignKey(Bundle, null=True, on_delete=models.SET_NULL, related_name="builds")
    fresh = models.BooleanField(db_default=False)  # asked for without cache: nothing of earlier builds is taken
    reused = models.BooleanField(default=False)  # the bundle of an earlier build was taken
    findings = models.JSONField(default=list)
    error = models.JSONField(null=True)
    stream = models.OneToOneField(LogStream, on_delete=models.PROTECT, related_name="build")
    created_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects: ClassVar[Any] = TeamQuerySet["Build"].as_manager()
