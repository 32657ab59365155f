"""A bundle bound to a destination and an environment. Once made it never changes, but for its status."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models.functions import Now

from builds.models import Build, Bundle, LogStream
from deployments.models.destinations import Destination
from deployments.models.pushes import Push
from projects.models import Environment, Project, SecretVersion, TeamOwned, TeamQuerySet, User
from projects.states import StateTable


class DeploymentStatus(models.TextChoices):
    WAITING = "waiting", "waiting for approval"
    QUEUED = "queued"
    BUILDING = "building"
    DEPLOYING = "deploying"
    READY = "ready"
    FAILED = "failed"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"
    SUPERSEDED = "superseded"
    TIMED_OUT = "timed_out", "timed out"
    LOST = "lost"


_UNSUCCESSFUL = {
    DeploymentStatus.FAILED,
    DeploymentStatus.CANCELLED,
    DeploymentStatus.SUPERSEDED,
    DeploymentStatus.TIMED_OUT,
    DeploymentStatus.LOST,
}
DEPLOYMENT_STATES = StateTable(
    {
        DeploymentStatus.WAITING: {DeploymentStatus.QUEUED, DeploymentStatus.CANCELLED, DeploymentStatus.SUPERSEDED},
        DeploymentStatus.QUEUED: {
            DeploymentStatus.BUILDING,
            DeploymentStatus.DEPLOYING,
            DeploymentStatus.SKIPPED,
            *_UNSUCCESSFUL,
        },
        DeploymentStatus.BUILDING: {DeploymentStatus.DEPLOYING, DeploymentStatus.SKIPPED, *_UNSUCCESSFUL},
        DeploymentStatus.DEPLOYING: {DeploymentStatus.READY, *_UNSUCCESSFUL},
    }
)
ACTIVE = (
    DeploymentStatus.WAITING,
    DeploymentStatus.QUEUED,
    DeploymentStatus.BUILDING,
    DeploymentStatus.DEPLOYING,
)


class Source(models.TextChoices):
    PUSH = "push"
    PROMOTE = "promote"
    REDEPLOY = "redeploy"
    UPLOAD = "upload"


class DeploymentQuerySet(TeamQuerySet["Deployment"]):
    def active(self) -> DeploymentQuerySet:
        return self.filter(status__in=ACTIVE)

    def ready_in_production(self) -> DeploymentQuerySet:
        return self.filter(status=DeploymentStatus.READY, environment=Environment.PRODUCTION)

    def with_everything(self) -> DeploymentQuerySet:
        """What a page shows, in one query."""
        return self.select_related(
            "team", "project__repository", "destination", "push", "build__stream", "bundle", "stream", "actor"
        )


class Deployment(TeamOwned):
    public_id = models.CharField(max_length=9, unique=True)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="deployments")
    destination = models.ForeignKey(Destination, on_delete=models.PROTECT, related_name="deployments")
    environment = models.CharField(max_length=12, choices=Environment.choices)
    branch = models.CharField(max_length=290)
    push = models.ForeignKey(Push, on_delete=models.PROTECT, related_name="deployments")
    build = models.ForeignKey(Build, null=True, on_delete=models.PROTECT, related_name="deployments")
    bundle = models.ForeignKey(Bundle, null=True, on_delete=models.PROTECT, related_name="deployments")
    without_cache = models.BooleanField(db_default=False)  # its build is to take nothing of earlier ones
    source = models.CharField(max_length=10, choices=Source.choices, default=Source.PUSH)
    actor = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    status = models.CharField(max_length=12, choices=DeploymentStatus.choices, default=DeploymentStatus.QUEUED)
    reason = models.CharField(max_length=300, blank=True)  # why it was skipped or superseded
    error = models.JSONField(null=True)
    stream = models.OneToOneField(LogStream, on_delete=models.PROTECT, related_name="deployment")
    created_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True)
    expired_at = models.DateTimeField(null=True)  # its bundle is no longer kept, and its address answers 410
    deleted_at = models.DateTimeField(null=True)  # a person said so, and it expired then

    objects: ClassVar[Any] = DeploymentQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["project", "-id"], name="deployments_of_project"),
            models.Index(
                fields=["project", "branch"],
                condition=models.Q(status__in=["waiting", "queued", "building", "deploying"]),
                name="deployments_under_way",
            ),
        ]

    @property
    def sequence(self) -> int:
        """Its place in the order of pushes: a route moves only forward in it, unless a person says otherwise."""
        return self.push_id

    @property
    def findings(self) -> list[dict[str, Any]]:
        """Of its build; of a bundle that was made elsewhere what came with it."""
        if self.build:
            return list(self.build.findings)
        return list(self.bundle.findings) if self.bundle else []

    @property
    def missing_variables(self) -> list[str]:
        """What its bundle asks for and was not given. It may do without: a model elsewhere needs no key."""
        required = self.bundle.required_variables if self.bundle else []
        given = {one.name for one in self.variables.all()} if required else set()
        return [name for name in required if name not in given]

    @property
    def is_active(self) -> bool:
        return self.status in ACTIVE

    @property
    def is_production(self) -> bool:
        return self.environment == Environment.PRODUCTION


class DeploymentVariable(TeamOwned):
    """One variable as it was when the deployment was made."""

    deployment = models.ForeignKey(Deployment, on_delete=models.CASCADE, related_name="variables")
    name = models.CharField(max_length=200)
    version = models.ForeignKey(SecretVersion, on_delete=models.PROTECT, related_name="+")

    objects: ClassVar[Any] = TeamQuerySet["DeploymentVariable"].as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["deployment", "name"], name="one_value_per_deployment")]
