"""What a project's agents print while they serve: production, each preview, and what runs at vendors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from builds.models import LogStream
from core.targets import Platform
from deployments.models import CloudService, Deployment, Instance, Observed, Route, RouteKind
from deployments.platforms import traits_of
from projects.models import Environment, Project

AT_MOST: Final = 100


@dataclass(frozen=True, slots=True)
class Place:
    """Where an agent serves, with the log of who serves there. `key` names it in addresses. A service's log is
    followed for a while, when somebody asks for it and where the vendor tells one."""

    key: str
    label: str
    stream: LogStream | None
    state: str = ""
    deployment: Deployment | None = None
    service: CloudService | None = None
    tells_logs: bool = True


def places_of(project: Project) -> list[Place]:
    """Production first, then the newest previews; one that several addresses lead to is named once."""
    found: dict[str, Place] = {}
    everywhere = (*_here(project), *_elsewhere(project))
    for place in sorted(everywhere, key=lambda one: not one.label.startswith(Environment.PRODUCTION.value)):
        found.setdefault(place.key, place)
    return list(found.values())


def place_before(project: Project, key: str) -> Place | None:
    """An agent that serves no more, by its deployment's id: its log is kept."""
    rows = Instance.objects.for_team(project.team).filter(deployment__project=project, deployment__public_id=key)
    found: Instance | None = rows.select_related("deployment", "stream").first()
    if found is None:
        return None
    stated = Observed(found.observed).label.lower()
    return Place(key, f"earlier · {key}", found.stream, stated, found.deployment)


def _here(project: Project) -> Iterator[Place]:
    rows = Route.objects.filter(project=project, wanted__instance__isnull=False).exclude(kind=RouteKind.DEPLOYMENT)
    related = ("destination", "observed__instance__stream", "wanted__instance__stream")
    for route in rows.select_related(*related).order_by("-wanted")[:AT_MOST]:
        deployment = route.observed or route.wanted
        instance: Instance | None = getattr(deployment, "instance", None)
        if deployment is not None and instance is not None:
            stated = Observed(instance.observed).label.lower()
            yield Place(deployment.public_id, _label(route), instance.stream, stated, deployment)


def _label(route: Route) -> str:
    is_production = route.kind == RouteKind.PRODUCTION
    place = "production" if is_production else f"{route.get_kind_display()} {route.branch}"
    return f"{place} · {route.destination.name}"


def _elsewhere(project: Project) -> Iterator[Place]:
    rows = CloudService.objects.living().filter(project=project).select_related("stream", "destination")
    for one in rows.order_by("branch", "pk")[:AT_MOST]:
        place = f"branch {one.branch}" if one.branch else one.environment
        label, tells = f"{place} · {one.destination.name}", traits_of(Platform(one.platform)).live_logs
        yield Place(one.name, label, one.stream, one.platform, service=one, tells_logs=tells)
