"""Deleting one deployment, by a person's word: it ends as one does that is past its time, and sooner.

Its row stays for the history and the audit; its agent ends, its address answers 410, and its bundle goes with the next
sweep where nothing else uses it.
"""

from __future__ import annotations

from django.db import transaction
from django.db.models.functions import Now

from core.errors import UserError
from deployments import retention, routing
from deployments.actions import previous
from deployments.cloud import queue
from deployments.cloud.services import is_wanted
from deployments.models import Cause, CloudService, CloudVersion, Deployment, Route, RouteKind
from projects.actions import audit
from projects.models import Environment, Project, User

_PREVIEWS = (RouteKind.BRANCH, RouteKind.PULL)


def delete(deployment: Deployment, *, actor: User | None) -> None:
    """Asked again it does nothing more. Raises UserError while production, or the way back, needs it."""
    with transaction.atomic():
        Project.objects.select_for_update().filter(pk=deployment.project_id).first()  # as a rollback does
        found: Deployment = Deployment.objects.with_everything().get(pk=deployment.pk)
        if found.deleted_at is not None:
            return
        if refused := refusal(found):
            raise refused
        audit(found.team, actor, "deployment.deleted", found.public_id, commit=found.push.after)
        _take_addresses(found, actor)
        retention.let_go(found)
        Deployment.objects.filter(pk=found.pk).update(deleted_at=Now())


def refusal(deployment: Deployment) -> UserError | None:
    """Why it would not be deleted; None where it would. The page asks before the click."""
    if deployment.is_active:
        return UserError("deployment_under_way", f"The deployment is {deployment.status}.", "Cancel it first.")
    routes = Route.objects.filter(destination=deployment.destination_id, kind=RouteKind.PRODUCTION)
    production: Route | None = routes.select_related("wanted").first()
    if production is None:
        return None
    if deployment.pk in (production.wanted_id, production.observed_id):
        return UserError("deployment_live", "It serves production.", "Promote another one, or roll back, first.")
    if deployment.pk == production.canary_id:
        return UserError("deployment_live", "A part of production's traffic goes to it.", "End the canary first.")
    if deployment == previous(production):
        return UserError(
            "deployment_way_back",
            "It is what a rollback of production would go to.",
            "Delete it once a newer deployment has taken its place.",
        )
    return None


def _take_addresses(deployment: Deployment, actor: User | None) -> None:
    """A preview's branch has none until its next push, and what only served it at a vendor goes as in a teardown."""
    for route in Route.objects.filter(wanted=deployment, kind__in=_PREVIEWS).select_related("destination__project"):
        routing.point(route, None, Cause.TEARDOWN, actor=actor)
    services = CloudService.objects.living().filter(versions__deployment=deployment, versions__gone_at=None)
    previews = services.exclude(environment=Environment.PRODUCTION)
    for service in previews.select_related("team", "project"):
        if not is_wanted(service):
            queue.delete(service)
            CloudVersion.objects.filter(deployment=deployment).update(gone_at=Now())
