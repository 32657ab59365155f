"""A push, as it was told. Its primary key is its place in the order of pushes."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models.functions import Now

from deployments.models.pull_requests import PullRequest
from projects.models import Project, TeamOwned, TeamQuerySet


class Push(TeamOwned):
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="pushes")
    delivery = models.CharField(max_length=100)  # the webhook delivery that told of it
    # Only of a fork's: what is pushed to the repository itself belongs to its branch.
    pull_request = models.ForeignKey(PullRequest, null=True, on_delete=models.CASCADE, related_name="pushes")
    ref = models.CharField(max_length=300)
    branch = models.CharField(max_length=290)
    before = models.CharField(max_length=64)
    after = models.CharField(max_length=64)
    message = models.TextField(blank=True)  # of the head commit
    author = models.CharField(max_length=200, blank=True)
    decision = models.CharField(max_length=200, blank=True)  # why it did, or did not, deploy
    uploaded = models.BooleanField(db_default=False)  # nobody pushed: a bundle was sent, see deployments.uploads
    at = models.DateTimeField(db_default=Now())

    objects: ClassVar[Any] = TeamQuerySet["Push"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "delivery"], name="one_push_per_delivery_and_project")
        ]
