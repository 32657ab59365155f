"""What the pages show, read in few queries and said in plain words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from builds.models import Step
from deployments import actions, addresses
from deployments.models import Deployment, DeploymentStatus, Instance, Route, RouteKind
from projects.models import Project

#: The road, in the order in which a person sees it.
PLANNED_STEPS = ("fetch", "check out", "check", "bundle", "store", "start", "assign")


@dataclass(frozen=True, slots=True)
class Address:
    """A URL that leads to a deployment, or will as soon as the node agrees."""

    kind: str
    url: str
    moving: bool


@dataclass(frozen=True, slots=True)
class Production:
    """What production is meant to be, what it is, and whether pushes take it over."""

    url: str
    wanted: Deployment | None
    observed: Deployment | None
    previous: Deployment | None
    auto_assign: bool


def production_of(project: Project) -> Production | None:
    related = ("wanted__push", "observed__push", "wanted__team", "wanted__project")
    route = Route.objects.filter(project=project, kind=RouteKind.PRODUCTION).select_related(*related).first()
    if route is None or route.wanted is None:
        return None
    return Production(
        addresses.route_url(route), route.wanted, route.observed, actions.previous(route), project.auto_assign
    )


def deployment_page(deployment: Deployment) -> dict[str, Any]:
    routes = list(deployment.wanted_by.order_by("kind"))
    instance: Instance | None = getattr(deployment, "instance", None)
    return {
        "deployment": deployment,
        "project": deployment.project,
        "steps": _steps(deployment),
        "addresses": [_address(route) for route in sorted(routes, key=lambda one: one.kind, reverse=True)],
        "is_current": any(route.kind == RouteKind.PRODUCTION for route in routes),
        "is_staged": _is_staged(deployment, routes),
        "rollback_refusal": _refusal(deployment),
        "missing_variables": deployment.missing_variables,
        "instance": instance,
        "findings": deployment.findings,
        "streams": _streams(deployment, instance),
    }


def _streams(deployment: Deployment, instance: Instance | None) -> list[tuple[str, int]]:
    build = [("Build", deployment.build.stream_id)] if deployment.build else []
    agent = [("Agent", instance.stream_id)] if instance else []
    return [*build, ("Release", deployment.stream_id), *agent]


def _steps(deployment: Deployment) -> list[Step]:
    streams = [deployment.stream_id] + ([deployment.build.stream_id] if deployment.build else [])
    return list(Step.objects.filter(stream__in=streams).order_by("started_at", "pk"))


def _address(route: Route) -> Address:
    return Address(route.kind, addresses.route_url(route), route.generation != route.observed_generation)


def _is_staged(deployment: Deployment, routes: list[Route]) -> bool:
    """Ready for production, and never was there."""
    ready = deployment.status == DeploymentStatus.READY and deployment.is_production
    return ready and not any(route.kind == RouteKind.PRODUCTION for route in routes)


def _refusal(deployment: Deployment) -> str:
    """Why a rollback to it would be refused; "" when it would not."""
    related = Route.objects.filter(destination_id=deployment.destination_id, kind=RouteKind.PRODUCTION)
    route = related.first()
    if route is None:
        return "Nothing is in production yet."
    error = actions.rollback_refusal(deployment, route)
    return error.sentence if error else ""
