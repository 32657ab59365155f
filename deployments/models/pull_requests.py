"""Pull requests of a project's repository, as far as previews and approvals need them."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from projects.models import Project, TeamOwned, TeamQuerySet, User


class PullRequest(TeamOwned):
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="pull_requests")
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=300, blank=True)
    author = models.CharField(max_length=200, blank=True)
    head_branch = models.CharField(max_length=290)  # of a fork: "owner:branch", which no branch can be called
    head_sha = models.CharField(max_length=64)
    is_fork = models.BooleanField(default=False)
    is_open = models.BooleanField(default=True)
    # A fork's code runs only after a member looked at it: at this very commit, not at whatever comes later.
    approved_sha = models.CharField(max_length=64, blank=True)
    approved_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    updated_at = models.DateTimeField(db_default=Now())

    objects: ClassVar[Any] = TeamQuerySet["PullRequest"].as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "number"], name="one_row_per_pull_request")]
        indexes = [
            models.Index(fields=["project", "head_branch"], condition=Q(is_open=True), name="pull_requests_of_branch")
        ]
