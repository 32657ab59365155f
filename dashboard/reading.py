"""What the pages show, read in few queries and said in plain words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from builds.models import Step
from dashboard.findings import found_in
from deployments import actions, addresses, deleting, routing
from deployments.comparing import compared
from deployments.models import CloudVersion, Deployment, DeploymentStatus, Instance, PullRequest, Route, RouteKind
from projects.models import Project

#: The road, in the order in which a person sees it.
PLANNED_STEPS = ("fetch", "check out", "check", "bundle", "store", "start", "assign")


@dataclass(frozen=True, slots=True)
class Address:
    """A URL that leads to a deployment, or will as soon as the node agrees."""

    kind: str
    url: str
    moving: bool
    error: str = ""  # why the vendor does not agree yet


@dataclass(frozen=True, slots=True)
class Production:
    """What production is meant to be, what it is, and whether pushes take it over."""

    url: str
    wanted: Deployment | None
    observed: Deployment | None
    previous: Deployment | None
    auto_assign: bool
    destination: str
    error: str


def productions_of(project: Project) -> list[Production]:
    """One for each destination that has something in production."""
    related = ("wanted__push", "observed__push", "wanted__team", "wanted__project", "destination", "canary")
    routes = Route.objects.filter(project=project, kind=RouteKind.PRODUCTION, wanted__isnull=False)
    return [
        Production(
            addresses.route_url(route),
            route.wanted,
            route.observed,
            actions.previous(route),
            project.auto_assign,
            route.destination.name,
            str((route.error or {}).get("message", "")),
        )
        for route in routes.select_related(*related).order_by("destination")
    ]


@dataclass(frozen=True, slots=True)
class Preview:
    """A deployment that a branch or a pull request leads to, by every address that does, and their pull request."""

    deployment: Deployment
    addresses: tuple[Address, ...]
    pull: PullRequest | None


def previews_of(project: Project, *, limit: int) -> list[Preview]:
    """What stands of branches and pull requests, the newest first."""
    kinds = (RouteKind.BRANCH, RouteKind.PULL)
    found = Route.objects.filter(project=project, kind__in=kinds, wanted__isnull=False)
    found = found.exclude(branch=project.production_branch, kind=RouteKind.BRANCH)
    newest = found.values("wanted").distinct().order_by("-wanted")[:limit]
    routes = found.filter(wanted__in=newest).select_related("wanted__push", "destination").order_by("-wanted", "kind")
    return list(_previews(project, list(routes)))


def _previews(project: Project, routes: list[Route]) -> Iterator[Preview]:
    numbers = {int(route.branch) for route in routes if route.kind == RouteKind.PULL}
    pulls = {one.number: one for one in PullRequest.objects.filter(project=project, number__in=numbers)}
    for deployment, group in groupby(routes, lambda route: route.wanted):
        same = list(group)
        pull = next((pulls.get(int(one.branch)) for one in same if one.kind == RouteKind.PULL), None)
        shown = tuple(address for one in same if (address := _address(one)).url)
        if deployment is not None:
            yield Preview(deployment, shown, pull)


def deployment_page(deployment: Deployment) -> dict[str, Any]:
    routes = list(deployment.wanted_by.select_related("destination").order_by("kind"))
    version = CloudVersion.objects.filter(deployment=deployment, gone_at=None).select_related("service").first()
    instance: Instance | None = getattr(deployment, "instance", None)
    production = routing.serving(deployment.destination_id)
    return {
        "deployment": deployment,
        "project": deployment.project,
        "steps": _steps(deployment),
        "addresses": [
            found for route in sorted(routes, key=lambda one: one.kind, reverse=True) if (found := _address(route)).url
        ],
        "service": version.service if version else None,
        "may_talk": not deployment.destination.is_cloud or bool(addresses.distant_url(routes)),
        "is_current": any(route.kind == RouteKind.PRODUCTION for route in routes),
        "is_staged": _is_staged(deployment, routes),
        "rollback_refusal": _refusal(deployment, production),
        "deletion_refusal": deleting.refusal(deployment),
        "missing_variables": deployment.missing_variables,
        "instance": instance,
        "findings": found_in(deployment),
        "streams": _streams(deployment, instance),
        "beside": compared(deployment, production.wanted if production else None),
    }


def _streams(deployment: Deployment, instance: Instance | None) -> list[tuple[str, int]]:
    build = [("Build", deployment.build.stream_id)] if deployment.build else []
    agent = [("Agent", instance.stream_id)] if instance else []
    return [*build, ("Release", deployment.stream_id), *agent]


def _steps(deployment: Deployment) -> list[Step]:
    streams = [deployment.stream_id] + ([deployment.build.stream_id] if deployment.build else [])
    return list(Step.objects.filter(stream__in=streams).order_by("started_at", "pk"))


def _address(route: Route) -> Address:
    error = str((route.error or {}).get("message", ""))
    return Address(route.kind, addresses.route_url(route), route.generation != route.observed_generation, error)


def _is_staged(deployment: Deployment, routes: list[Route]) -> bool:
    """Ready for production, and never was there."""
    ready = deployment.status == DeploymentStatus.READY and deployment.is_production
    return ready and not any(route.kind == RouteKind.PRODUCTION for route in routes)


def _refusal(deployment: Deployment, production: Route | None) -> str:
    """Why a rollback to it would be refused; "" when it would not."""
    if production is None:
        return "Nothing is in production yet."
    error = actions.rollback_refusal(deployment, production)
    return error.sentence if error else ""
