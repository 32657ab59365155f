"""What a request with an idempotency key was answered: the same one again gets the same, and does nothing."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models.functions import Now

from projects.models.tenancy import TeamOwned, TeamQuerySet


class AnsweredRequest(TeamOwned):
    """Written in the transaction of what the request did: both are there, or neither is."""

    key = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)  # of who asked for what, so that a key is not used for something else
    status = models.PositiveSmallIntegerField(default=0)
    body = models.JSONField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    objects: ClassVar[Any] = TeamQuerySet["AnsweredRequest"].as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "key"], name="one_answer_per_idempotency_key")]
        indexes = [models.Index(fields=["created_at"], name="answered_requests_by_age")]
