"""What vendors run for us: a service for each place of a destination, and in it a version for each deployment."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from builds.models import LogStream
from core.targets import Platform
from deployments.models.accounts import Account
from deployments.models.deployments import Deployment
from deployments.models.destinations import Destination
from projects.models import Environment, Project, TeamOwned, TeamQuerySet


class CloudServiceQuerySet(TeamQuerySet["CloudService"]):
    def living(self) -> CloudServiceQuerySet:
        return self.filter(deleted_at=None)


class CloudService(TeamOwned):
    """`branch` is "" for production. `held_by` is the operation that works on it: two never do at once."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="services")
    destination = models.ForeignKey(Destination, on_delete=models.CASCADE, related_name="services")
    platform = models.CharField(max_length=20, choices=[(one.value, one.value) for one in Platform])
    account = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="services")
    environment = models.CharField(max_length=12, choices=Environment.choices)
    branch = models.CharField(max_length=290, blank=True)
    name = models.CharField(max_length=54)
    mark = models.CharField(max_length=63, unique=True)  # what is at the vendor without it is not ours
    config = models.JSONField(default=dict)  # the destination's as it was last released, without variables in it
    ids = models.JSONField(default=dict)  # the vendor's ids; no secret
    address = models.CharField(max_length=500, blank=True)
    shares = models.JSONField(default=dict)  # observed: version id → percent
    missing = models.JSONField(default=list)  # observed: what should be there and is not
    error = models.JSONField(null=True)  # of the last look, or of its deletion
    checked_at = models.DateTimeField(null=True)
    stream = models.OneToOneField(LogStream, null=True, on_delete=models.PROTECT, related_name="service")  # its log
    held_by = models.BigIntegerField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    deleted_at = models.DateTimeField(null=True)

    objects: ClassVar[Any] = CloudServiceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["name"], condition=Q(deleted_at=None), name="one_living_service_per_name"),
            models.UniqueConstraint(
                fields=["destination", "environment", "branch"],
                condition=Q(deleted_at=None),
                name="one_living_service_per_place",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_preview(self) -> bool:
        return self.environment != Environment.PRODUCTION


class CloudVersion(TeamOwned):
    """What a deployment is at the vendor. `gone_at`: it is no longer there, or goes."""

    deployment = models.OneToOneField(Deployment, on_delete=models.CASCADE, related_name="cloud_version")
    service = models.ForeignKey(CloudService, on_delete=models.CASCADE, related_name="versions")
    version_id = models.CharField(max_length=200)
    url = models.CharField(max_length=500, blank=True)
    details = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_default=Now())
    gone_at = models.DateTimeField(null=True)

    objects: ClassVar[Any] = TeamQuerySet["CloudVersion"].as_manager()
