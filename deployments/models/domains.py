"""Hostnames of people's own, at a destination's production."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from deployments.models.destinations import Destination
from projects.models import Project, TeamOwned, TeamQuerySet


class DomainState(models.TextChoices):
    WAITING = "waiting", "waiting for its DNS records"
    ACTIVE = "active"
    REFUSED = "refused"
    LEAVING = "leaving"


class DomainQuerySet(TeamQuerySet["Domain"]):
    def living(self) -> DomainQuerySet:
        return self.filter(removed_at=None)


class Domain(TeamOwned):
    """`records` are what its owner sets: type, name, value. It serves only once they were seen."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="domains")
    destination = models.ForeignKey(Destination, on_delete=models.CASCADE, related_name="domains")
    hostname = models.CharField(max_length=253)
    proof = models.CharField(max_length=64)  # what a TXT record says of who owns it
    state = models.CharField(max_length=10, choices=DomainState.choices, default=DomainState.WAITING)
    records = models.JSONField(default=list)
    detail = models.CharField(max_length=500, blank=True)  # the vendor's word, or ours
    error = models.JSONField(null=True)
    checked_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    removed_at = models.DateTimeField(null=True)

    objects: ClassVar[Any] = DomainQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["hostname", "project"], condition=Q(removed_at=None), name="one_living_domain_per_project"
            ),
            models.UniqueConstraint(
                fields=["hostname"],
                condition=Q(removed_at=None, state="active"),
                name="one_active_domain_per_hostname",
            ),
        ]

    def __str__(self) -> str:
        return self.hostname
