"""A part of production's traffic for another deployment, where the platform can do that."""

from __future__ import annotations

from django.db import transaction
from django.db.models import F

from core.errors import UserError
from core.targets import Platform
from deployments import routing
from deployments.actions import rollback_refusal
from deployments.cloud import queue
from deployments.models import Cause, Deployment, Route, RouteChange
from deployments.platforms import CLOUDS
from projects.actions import audit
from projects.models import Project, User


def start(deployment: Deployment, percent: int, *, actor: User | None) -> Route:
    """So many of a hundred requests go to it, the others where they went. Asked again it is another part.

    Promoting it ends this with all of the traffic, and so does the next push that goes live. Raises UserError.
    """
    if not 1 <= percent <= 99:
        raise UserError("canary_percent", f"{percent} % is no part of the traffic.", "Choose 1 to 99.")
    with transaction.atomic():
        Project.objects.select_for_update().get(pk=deployment.project_id)
        route = routing.production_route(deployment.destination)
        if refused := refusal(deployment, route):
            raise refused
        _share(route, deployment, percent)
        audit(deployment.team, actor, "production.canary", route.hostname, to=deployment.public_id, percent=percent)
        RouteChange.objects.create(
            team=deployment.team, route=route, deployment=deployment, cause=Cause.CANARY, actor=actor
        )
    route.refresh_from_db()
    return route


def end(route: Route, *, actor: User | None) -> Route:
    """All of the traffic goes where it went before. Without an effect where there is no canary."""
    with transaction.atomic():
        Project.objects.select_for_update().get(pk=route.project_id)
        if Route.objects.filter(pk=route.pk, canary__isnull=False).exists():
            _share(route, None, 0)
            audit(route.team, actor, "production.canary_ended", route.hostname)
    route.refresh_from_db()
    return route


def refusal(deployment: Deployment, route: Route) -> UserError | None:
    """Why it would be refused; None where it would not."""
    module = CLOUDS.get(Platform(deployment.destination.platform))
    if module is None or not module.traits.canary:
        return UserError(
            "canary_unsupported",
            f"{deployment.destination.platform} gives all of the traffic to one deployment.",
            "Promote it instead.",
        )
    if route.wanted is None:
        return UserError("nothing_in_production", "Nothing is in production yet.", "Promote it instead.")
    return rollback_refusal(deployment, route)


def _share(route: Route, deployment: Deployment | None, percent: int) -> None:
    values = {"canary": deployment, "canary_percent": percent, "error": None}
    Route.objects.filter(pk=route.pk).update(generation=F("generation") + 1, **values)
    queue.follow(route)
