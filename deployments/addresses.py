"""The addresses at which people find agents and pages, and the socket at which their node does."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from deployments.models import Deployment, Route
from projects.models import Project


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


def page_url(deployment: Deployment) -> str:
    return f"{project_url(deployment.project)}/deployments/{deployment.public_id}"


def invitation_url(text: str) -> str:
    """For the one person whom it is for: its end is the secret."""
    return f"{settings.PUBLIC_URL}/sign-in/invited/{text}"


def git_url(project: Project) -> str:
    """Where to push to, with an API token as the password."""
    return f"{settings.PUBLIC_URL}/git/{project.slug}.git"
