"""What keeps an agent's memory: a storage for each place of a destination that asks for it."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from deployments.models.accounts import Account
from deployments.models.destinations import Destination
from projects.models import Environment, SecretVersion, TeamOwned, TeamQuerySet


class AgentStorageQuerySet(TeamQuerySet["AgentStorage"]):
    def living(self) -> AgentStorageQuerySet:
        return self.filter(removed_at=None)


class AgentStorage(TeamOwned):
    """`branch` is "" for production. `held_by`, of production's, is the operation that works on it or its previews."""

    destination = models.ForeignKey(Destination, on_delete=models.CASCADE, related_name="storages")
    environment = models.CharField(max_length=12, choices=Environment.choices)
    branch = models.CharField(max_length=290, blank=True)
    production = models.ForeignKey("self", null=True, on_delete=models.CASCADE, related_name="previews")
    provider = models.CharField(max_length=20)
    account = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="storages")
    name = models.CharField(max_length=54)
    mark = models.CharField(max_length=63, unique=True)  # what is at the vendor without it is not ours
    config = models.JSONField(default=dict)  # as it was last released, without variables in it
    ids = models.JSONField(default=dict)  # the vendor's ids; no secret
    error = models.JSONField(null=True)  # of its removal
    held_by = models.BigIntegerField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    removed_at = models.DateTimeField(null=True)

    objects: ClassVar[Any] = AgentStorageQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["destination", "environment", "branch"],
                condition=Q(removed_at=None),
                name="one_living_storage_per_place",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_preview(self) -> bool:
        return self.environment != Environment.PRODUCTION


class AgentStorageVariable(TeamOwned):
    """What the agent finds it by, as it is now. A deployment has the version of its time."""

    storage = models.ForeignKey(AgentStorage, on_delete=models.CASCADE, related_name="variables")
    name = models.CharField(max_length=200)
    version = models.ForeignKey(SecretVersion, on_delete=models.PROTECT, related_name="+")

    objects: ClassVar[Any] = TeamQuerySet["AgentStorageVariable"].as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["storage", "name"], name="one_value_per_storage_variable")]
