"""Routes: hostname → the deployment that is wanted there, and the one that is observed."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import F
from django.db.models.functions import Now

from deployments.models.deployments import Deployment
from deployments.models.destinations import Destination
from projects.models import Project, TeamOwned, TeamQuerySet, User


class RouteKind(models.TextChoices):
    DEPLOYMENT = "deployment"
    BRANCH = "branch"
    PULL = "pull", "pull request"
    PRODUCTION = "production"


class RouteQuerySet(TeamQuerySet["Route"]):
    def disagreeing(self) -> RouteQuerySet:
        return self.exclude(generation=F("observed_generation"))


class Route(TeamOwned):
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="routes")
    destination = models.ForeignKey(Destination, on_delete=models.CASCADE, related_name="routes")
    kind = models.CharField(max_length=10, choices=RouteKind.choices)
    branch = models.CharField(max_length=290, blank=True)  # of a pull request: its number
    hostname = models.CharField(max_length=253, unique=True)
    wanted = models.ForeignKey(Deployment, null=True, on_delete=models.PROTECT, related_name="wanted_by")
    observed = models.ForeignKey(Deployment, null=True, on_delete=models.PROTECT, related_name="observed_by")
    generation = models.BigIntegerField(default=0)  # grows with each change of `wanted`
    observed_generation = models.BigIntegerField(default=0)
    # A part of the traffic, in percent, goes to another deployment, where the platform can do that.
    canary = models.ForeignKey(Deployment, null=True, on_delete=models.PROTECT, related_name="canary_of")
    canary_percent = models.PositiveSmallIntegerField(default=0)
    address = models.CharField(max_length=500, blank=True)  # the vendor's URL; "" for what this installation serves
    error = models.JSONField(null=True)  # why the vendor does not agree yet
    created_at = models.DateTimeField(db_default=Now())

    objects: ClassVar[Any] = RouteQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["destination", "kind", "branch"],
                condition=~models.Q(kind="deployment"),
                name="one_route_per_place",
            )
        ]

    @property
    def label(self) -> str:
        return self.hostname.partition(".")[0]


class Cause(models.TextChoices):
    PUSH = "push"
    ROLLBACK = "rollback"
    UNDO = "undo", "undo of a rollback"
    PROMOTE = "promote"
    TEARDOWN = "teardown"
    CANARY = "canary"


class RouteChange(TeamOwned):
    """The history of a route: who or what moved it, and when."""

    route = models.ForeignKey(Route, on_delete=models.CASCADE, related_name="changes")
    deployment = models.ForeignKey(Deployment, null=True, on_delete=models.PROTECT, related_name="+")
    cause = models.CharField(max_length=10, choices=Cause.choices)
    actor = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(db_default=Now())

    objects: ClassVar[Any] = TeamQuerySet["RouteChange"].as_manager()
