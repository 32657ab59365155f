"""The addresses at which people find agents and pages, and the socket at which their node does."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from django.conf import settings

from deployments.models import Deployment, Route, RouteKind
from projects.models import Project

_NEAREST: Final = (RouteKind.DEPLOYMENT, RouteKind.BRANCH, RouteKind.PULL, RouteKind.PRODUCTION)


def agent_url(hostname: str) -> str:
    port = f":{settings.AGENT_PORT}" if settings.AGENT_PORT else ""
    return f"{settings.AGENT_SCHEME}://{hostname}{port}"


def agent_socket(run: Path, public_id: str) -> Path:
    """In a folder of its own: all that an agent can write of the run folder."""
    return run / "agents" / public_id / "agent.sock"


def route_url(route: Route) -> str:
    """The vendor's own, where it runs at one; "" until it does."""
    return route.address if route.destination.is_cloud else agent_url(route.hostname)


def project_url(project: Project) -> str:
    return f"{settings.PUBLIC_URL}/{project.team.slug}/{project.slug}"


def distant_url(routes: Iterable[Route]) -> str:
    """Where a deployment at a vendor answers, by the routes that lead to it: the version's own address, else that of
    what it serves. "" at vendors where only what serves has one."""
    known = {route.kind: route.address for route in routes if route.address}
    return next((known[kind] for kind in _NEAREST if kind in known), "")


def page_url(deployment: Deployment) -> str:
    path = f"{deployment.team.slug}/{deployment.project.slug}/deployments/{deployment.public_id}"
    return f"{settings.PUBLIC_URL}/{path}"


def invitation_url(text: str) -> str:
    """For the one person whom it is for: its end is the secret."""
    return f"{settings.PUBLIC_URL}/sign-in/invited/{text}"


def git_url(project: Project) -> str:
    """Where to push to, with an API token as the password."""
    return f"{settings.PUBLIC_URL}/git/{project.slug}.git"
