"""Who did what: append-only."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models.functions import Now

from projects.models.teams import User
from projects.models.tenancy import TeamOwned, TeamQuerySet


class AuditEntry(TeamOwned):
    actor = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    verb = models.CharField(max_length=60)
    subject = models.CharField(max_length=200)
    detail = models.JSONField(default=dict)
    at = models.DateTimeField(db_default=Now())

    objects: ClassVar[Any] = TeamQuerySet["AuditEntry"].as_manager()
