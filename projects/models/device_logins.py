"""A command line that waits until its person says yes in a browser."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models.functions import Now

from projects.models.teams import Team, User


class DeviceLogin(models.Model):
    """It belongs to nobody until somebody approves it. Of the code that the command keeps only the SHA-256 is here."""

    digest = models.CharField(max_length=64, unique=True)
    user_code = models.CharField(max_length=9, unique=True)  # what the person compares: XXXX-XXXX
    machine = models.CharField(max_length=100)
    scopes = models.JSONField(default=list)
    team = models.ForeignKey(Team, null=True, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="+")
    refused = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()

    objects: ClassVar[Any] = models.Manager()
