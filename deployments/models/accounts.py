"""A team's credentials at vendors. Each field is sealed, opened only for the vendor, and never shown again."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from projects.models import SecretVersion, TeamOwned, TeamQuerySet


class AccountQuerySet(TeamQuerySet["Account"]):
    def living(self) -> AccountQuerySet:
        return self.filter(removed_at=None)


class Account(TeamOwned):
    """`found` is what the vendor said of the credential: account, name, can, missing. `error` is why it could not be
    asked, or what it refused."""

    platform = models.CharField(max_length=20)  # or what keeps agents' memory, by its name in STORAGES
    name = models.CharField(max_length=50)
    found = models.JSONField(default=dict)
    error = models.JSONField(null=True)
    checked_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    removed_at = models.DateTimeField(null=True)

    objects: ClassVar[Any] = AccountQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["team", "platform", "name"], condition=Q(removed_at=None), name="one_living_account_per_name"
            )
        ]

    def __str__(self) -> str:
        return f"{self.platform}/{self.name}"


class AccountField(TeamOwned):
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="fields")
    name = models.CharField(max_length=50)
    version = models.ForeignKey(SecretVersion, on_delete=models.PROTECT, related_name="+")

    objects: ClassVar[Any] = TeamQuerySet["AccountField"].as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "name"], name="one_value_per_account_field")]
