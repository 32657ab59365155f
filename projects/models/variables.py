"""Environment variables. A value is an immutable, encrypted version; snapshots refer to versions."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models.functions import Now

from projects.models.projects import Project
from projects.models.tenancy import TeamOwned, TeamQuerySet


class Environment(models.TextChoices):
    PRODUCTION = "production"
    PREVIEW = "preview"
    DEVELOPMENT = "development"


class SecretVersion(TeamOwned):
    """One value under its own data key; the data key is wrapped by the installation's key `key_id`."""

    public_id = models.UUIDField(unique=True)  # bound into the ciphertext, so that rows cannot be swapped
    key_id = models.CharField(max_length=40)
    wrapped_key = models.BinaryField()
    ciphertext = models.BinaryField()
    # Write-only, and taken out of logs. Plain values are encrypted as well, and shown to who may read.
    is_secret = models.BooleanField(default=True, db_default=True)
    created_at = models.DateTimeField(db_default=Now())
    revoked_at = models.DateTimeField(null=True)

    objects: ClassVar[Any] = TeamQuerySet["SecretVersion"].as_manager()


class Variable(TeamOwned):
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="variables")
    name = models.CharField(max_length=200)
    environment = models.CharField(max_length=12, choices=Environment.choices)
    branch = models.CharField(max_length=250, blank=True)  # only for deployments of this branch
    version = models.ForeignKey(SecretVersion, on_delete=models.PROTECT, related_name="+")
    updated_at = models.DateTimeField(auto_now=True)

    objects: ClassVar[Any] = TeamQuerySet["Variable"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "name", "environment", "branch"], name="one_value_per_variable_and_place"
            )
        ]
