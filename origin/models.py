"""Repositories that live here: hosted by the platform, or a path on its machine."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from projects.models import Repository, TeamOwned, TeamQuerySet

HOST = "origin"  # in the place of "github.com"
LONGEST_REF = 290
KIND = "announce"  # the operation that tells of refs that moved


class OriginRepository(TeamOwned):
    repository = models.OneToOneField(Repository, on_delete=models.CASCADE, related_name="origin")
    path = models.CharField(max_length=1000)  # absolute, on this machine
    hosted = models.BooleanField(default=True)  # ours to push to; otherwise somebody's own, only read

    objects: ClassVar[Any] = TeamQuerySet["OriginRepository"].as_manager()


class OriginRef(TeamOwned):
    """A ref as it was last announced."""

    origin = models.ForeignKey(OriginRepository, on_delete=models.CASCADE, related_name="refs")
    name = models.CharField(max_length=LONGEST_REF)
    sha = models.CharField(max_length=64)

    objects: ClassVar[Any] = TeamQuerySet["OriginRef"].as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["origin", "name"], name="one_row_per_ref")]


class Announcement(TeamOwned):
    """A ref that moved, to be told to the webhook endpoint. `guid` is the delivery's id, however often it is sent."""

    origin = models.ForeignKey(OriginRepository, on_delete=models.CASCADE, related_name="announcements")
    guid = models.UUIDField(unique=True)
    ref = models.CharField(max_length=LONGEST_REF)
    before = models.CharField(max_length=64)
    after = models.CharField(max_length=64)
    pusher = models.CharField(max_length=150, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    sent_at = models.DateTimeField(null=True)

    objects: ClassVar[Any] = TeamQuerySet["Announcement"].as_manager()

    class Meta:
        indexes = [models.Index(fields=["origin", "id"], condition=Q(sent_at=None), name="announcements_to_send")]
