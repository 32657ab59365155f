"""What a code host was told, and the numbers that it gave: so that nothing is told twice, and nothing forgotten.

`asked` is written before a call and `told` after it. Where they differ an answer was lost, and the host is asked first
what it holds.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models

from deployments.models.deployments import Deployment
from deployments.models.pull_requests import PullRequest
from projects.models import Project, TeamOwned, TeamQuerySet


class Report(TeamOwned):
    """Something at the code host that is brought up to date. `external_id` is its number there."""

    external_id = models.BigIntegerField(null=True)
    asked = models.CharField(max_length=64, blank=True)  # digest of what it was to say
    told = models.CharField(max_length=64, blank=True)  # digest of what it says

    class Meta:
        abstract = True


class DeploymentReport(Report):
    """A deployment, as one of the host's deployments with its statuses."""

    deployment = models.OneToOneField(Deployment, on_delete=models.CASCADE, related_name="report")

    objects: ClassVar[Any] = TeamQuerySet["DeploymentReport"].as_manager()


class StatusReport(Report):
    """A project's status of a commit. It has no number: a newer one takes its place."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    sha = models.CharField(max_length=64)

    objects: ClassVar[Any] = TeamQuerySet["StatusReport"].as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "sha"], name="one_status_report_per_commit")]


class CheckReport(Report):
    """A project's check of a commit. One that was completed is not opened again: the next round is a new one."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    sha = models.CharField(max_length=64)
    round = models.PositiveIntegerField(default=1)
    completed = models.BooleanField(default=False)
    annotated = models.PositiveIntegerField(default=0)  # annotations can be added, and not taken away

    objects: ClassVar[Any] = TeamQuerySet["CheckReport"].as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "sha"], name="one_check_report_per_commit")]


class CommentReport(Report):
    """The one comment on a pull request."""

    pull_request = models.OneToOneField(PullRequest, on_delete=models.CASCADE, related_name="comment")

    objects: ClassVar[Any] = TeamQuerySet["CommentReport"].as_manager()
