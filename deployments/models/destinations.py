"""A project's named deployment: which target, on which platform."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from core.targets import Platform, Target
from projects.models import Project, TeamOwned, TeamQuerySet


class Destination(TeamOwned):
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="destinations")
    name = models.CharField(max_length=50)
    target = models.CharField(max_length=20, choices=[(one.value, one.value) for one in Target])
    platform = models.CharField(max_length=20, choices=[(one.value, one.value) for one in Platform])
    is_default = models.BooleanField(default=False)  # its hostnames do not carry its name

    objects: ClassVar[Any] = TeamQuerySet["Destination"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "name"], name="one_destination_per_name"),
            models.UniqueConstraint(fields=["project"], condition=Q(is_default=True), name="one_default_destination"),
        ]
