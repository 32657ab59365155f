"""Routes: made once, pointed often. Only `wanted` is written here; who serves the hostname writes `observed`."""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F

from clients.wakes import wake
from deployments import changes, hostnames
from deployments.cloud import queue
from deployments.models import Cause, Deployment, Destination, Route, RouteChange, RouteKind
from deployments.notifying import happenings
from projects.models import User

CHANNEL = "dexto:nodes"


def make_deployment_route(deployment: Deployment) -> Route:
    label = hostnames.deployment_label(_prefix(deployment.destination), deployment.public_id)
    return _claim(deployment.destination, RouteKind.DEPLOYMENT, "", [label])


def branch_route(destination: Destination, branch: str) -> Route:
    labels = hostnames.branch_labels(_prefix(destination), branch, project_id=destination.project_id)
    return _found(destination, RouteKind.BRANCH, branch) or _claim(destination, RouteKind.BRANCH, branch, labels)


def pull_route(destination: Destination, number: int) -> Route:
    labels = hostnames.pull_labels(_prefix(destination), str(number), project_id=destination.project_id)
    return _found(destination, RouteKind.PULL, str(number)) or _claim(destination, RouteKind.PULL, str(number), labels)


def production_route(destination: Destination) -> Route:
    labels = hostnames.production_labels(_prefix(destination), project_id=destination.project_id)
    return _found(destination, RouteKind.PRODUCTION, "") or _claim(destination, RouteKind.PRODUCTION, "", labels)


def serving(destination_id: int) -> Route | None:
    """Production's route, with the deployment that it is to lead to and that one's bundle; None before the first."""
    rows = Route.objects.filter(destination=destination_id, kind=RouteKind.PRODUCTION)
    found: Route | None = rows.select_related("wanted__bundle", "wanted__push").first()
    return found


def point(route: Route, deployment: Deployment | None, cause: Cause, *, actor: User | None = None) -> None:
    """Wants the route at a deployment, in the caller's transaction."""
    rows = Route.objects.filter(pk=route.pk)
    before = rows.select_for_update().get().wanted_id
    rows.update(wanted=deployment, canary=None, canary_percent=0, generation=F("generation") + 1, error=None)
    RouteChange.objects.create(team_id=route.team_id, route=route, deployment=deployment, cause=cause, actor=actor)
    if route.kind == RouteKind.PRODUCTION:
        changes.tell(Deployment.objects.filter(pk__in=[pk for pk in (before, deployment and deployment.pk) if pk]))
    if route.destination.is_cloud:
        queue.follow(route)  # it is told once the vendor agrees
    else:
        happenings.production_moved(route)
    wake_nodes()


def advance(route: Route, deployment: Deployment) -> bool:
    """The same for a push: never back to an older one than what is wanted now."""
    current = Route.objects.select_for_update(of=("self",)).select_related("wanted").get(pk=route.pk).wanted
    if current is not None and current.sequence > deployment.sequence:
        return False
    point(route, deployment, Cause.PUSH)
    return True


def wake_nodes() -> None:
    transaction.on_commit(lambda: wake(settings.REDIS_URL, CHANNEL, ""))


def _prefix(destination: Destination) -> str:
    return hostnames.destination_prefix(destination.project.slug, destination.name, is_default=destination.is_default)


def _found(destination: Destination, kind: RouteKind, branch: str) -> Route | None:
    route: Route | None = Route.objects.filter(destination=destination, kind=kind, branch=branch).first()
    return route


def _claim(destination: Destination, kind: RouteKind, branch: str, labels: Iterable[str]) -> Route:
    """The first label that is nobody else's: the constraint decides, not a look beforehand."""
    for label in labels:
        try:
            with transaction.atomic():
                route: Route = Route.objects.create(
                    team_id=destination.team_id,
                    project_id=destination.project_id,
                    destination=destination,
                    kind=kind,
                    branch=branch,
                    hostname=f"{label}.{settings.BASE_DOMAIN}",
                )
            return route
        except IntegrityError:
            if found := _found(destination, kind, branch) if kind != RouteKind.DEPLOYMENT else None:
                return found
    raise IntegrityError(f"no free hostname for {kind} {branch!r} of destination {destination.pk}")
