"""A project's named deployment: which target, on which platform, and which branches go there."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from core.targets import Platform, Target
from deployments.models.accounts import Account
from projects.models import Environment, Project, TeamOwned, TeamQuerySet


class DeclaredBy(models.TextChoices):
    """Who says that there is this destination. What the file says wins."""

    FILE = "file", "deployment.yml"
    DASHBOARD = "dashboard"


class DestinationQuerySet(TeamQuerySet["Destination"]):
    def living(self) -> DestinationQuerySet:
        return self.filter(removed_at=None)


class Destination(TeamOwned):
    """`environment` "" is the branch's own: production for the production branch, preview for the others."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="destinations")
    name = models.CharField(max_length=50)
    target = models.CharField(max_length=20, choices=[(one.value, one.value) for one in Target])
    platform = models.CharField(max_length=20, choices=[(one.value, one.value) for one in Platform])
    environment = models.CharField(max_length=12, choices=Environment.choices, blank=True)
    branches = models.JSONField(default=list)  # patterns in which * stands for anything; none: the environment's own
    may_fail = models.BooleanField(default=False)  # a push is good without it
    config = models.JSONField(default=dict)  # what its platform wants to know
    account = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="destinations")
    declared_by = models.CharField(max_length=10, choices=DeclaredBy.choices, default=DeclaredBy.DASHBOARD)
    is_default = models.BooleanField(default=False)  # its hostnames do not carry its name
    created_at = models.DateTimeField(db_default=Now())
    removed_at = models.DateTimeField(null=True)  # nothing new goes there; its production goes on until it is deleted

    objects: ClassVar[Any] = DestinationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "name"], condition=Q(removed_at=None), name="one_living_destination_per_name"
            ),
            models.UniqueConstraint(fields=["project"], condition=Q(is_default=True), name="one_default_destination"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_cloud(self) -> bool:
        return self.platform != Platform.LOCAL

    def environment_of(self, branch: str) -> Environment:
        """Where a commit of the branch goes, if it goes here."""
        is_production = branch == self.project.production_branch
        own = Environment.PRODUCTION if is_production else Environment.PREVIEW
        return Environment(self.environment) if self.environment else own

    def takes(self, branch: str, *, is_fork: bool = False) -> bool:
        """Whether a push to the branch goes here. A fork's code goes to previews only."""
        if is_fork:
            return self.environment in ("", Environment.PREVIEW)
        if self.branches:
            return any(fnmatchcase(branch, pattern) for pattern in self.branches)
        is_production = branch == self.project.production_branch
        wanted = {"": True, Environment.PRODUCTION: is_production, Environment.PREVIEW: not is_production}
        return wanted.get(self.environment, False)
