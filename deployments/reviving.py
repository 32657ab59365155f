"""Bringing back a preview that was torn down with its branch or its pull request, which is there again."""

from __future__ import annotations

from django.db.models import QuerySet

from deployments.models import Deployment, DeploymentStatus, Destination, Push, Route, RouteKind, Source
from deployments.pipeline import TEARDOWNS, deploy_push
from projects.models import Environment


def revive(push: Push, destination: Destination) -> bool:
    """Deploys it once more where it was torn down; whether it was. What failed, or a person cancelled or
    deleted, stays so."""
    if destination.environment_of(push.branch) == Environment.PRODUCTION or not _was_torn_down(push, destination):
        return False
    deploy_push(push, destination, source=Source.REDEPLOY)
    return True


def _was_torn_down(push: Push, destination: Destination) -> bool:
    previews = Deployment.objects.filter(push=push, destination=destination, environment=Environment.PREVIEW)
    newest = previews.order_by("-pk").first()
    if newest is None or newest.deleted_at or previews.active().exists():
        return False
    if newest.status == DeploymentStatus.CANCELLED:
        return newest.reason in TEARDOWNS
    return newest.status == DeploymentStatus.READY and not _shown(push, destination).exists()


def _shown(push: Push, destination: Destination) -> QuerySet[Route]:
    """A fork's code has its pull request's address alone."""
    shown = Route.objects.filter(destination=destination, wanted__isnull=False)
    if push.pull_request is not None:
        return shown.filter(kind=RouteKind.PULL, branch=str(push.pull_request.number))
    return shown.filter(kind=RouteKind.BRANCH, branch=push.branch)
