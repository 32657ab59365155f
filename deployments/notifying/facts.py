"""What is told of an event: a snapshot of rows, in the form that programs receive as `data`."""

from __future__ import annotations

from typing import Any, Final

from django.conf import settings

from deployments.addresses import page_url, route_url
from deployments.models import Deployment, Domain, NotificationTarget, Route, RouteKind
from deployments.notifying.events import Event
from projects.models import Project, Team, User

_LONGEST: Final = 500
#: Of several addresses the last of these says most.
_PLACES: Final = (RouteKind.DEPLOYMENT, RouteKind.BRANCH, RouteKind.PULL, RouteKind.PRODUCTION)


def of_event(event: Event, about: dict[str, Any]) -> dict[str, Any] | None:
    """None where what it was about is gone meanwhile."""
    if "domain" in about:
        return _of_domain(about)
    deployment = Deployment.objects.with_everything().filter(pk=about["deployment"]).first()
    return None if deployment is None else _of_deployment(event, deployment, about)


def of_test(target: NotificationTarget, actor: User | None) -> dict[str, Any]:
    who = actor.get_username() if actor else "Somebody"
    where = f"{target.project.slug}/notifications" if target.project else "-/notifications"
    return {
        **_place(target.team, target.project),
        "summary": f"{who} tests the notifications of {target.project or target.team}",
        "url": f"{settings.PUBLIC_URL}/{target.team.slug}/{where}",
    }


def _of_deployment(event: Event, deployment: Deployment, about: dict[str, Any]) -> dict[str, Any]:
    push = deployment.push
    actor = User.objects.filter(pk=about["actor"]).first() if about.get("actor") else None
    return {
        **_place(deployment.team, deployment.project),
        "summary": _summary(event, deployment),
        "url": page_url(deployment),
        "deployment": {
            "id": deployment.public_id,
            "status": deployment.status,
            "environment": deployment.environment,
            "destination": deployment.destination.name,
            "branch": deployment.branch,
            "commit": push.after,
            "message": push.message[:_LONGEST],
            "author": push.author,
            "address": _address(deployment),
        },
        "actor": actor.get_username() if actor else None,
        "error": _error(event, deployment),
    }


def _of_domain(about: dict[str, Any]) -> dict[str, Any] | None:
    rows = Domain.objects.select_related("team", "project").filter(pk=about["domain"])
    domain: Domain | None = rows.first()
    if domain is None:
        return None
    return {
        **_place(domain.team, domain.project),
        "summary": f"{domain.project.slug}: something is wrong with {domain.hostname}",
        "url": f"{settings.PUBLIC_URL}/{domain.team.slug}/{domain.project.slug}/domains",
        "domain": domain.hostname,
        "error": {"code": "domain_problem", "message": str(about["sentence"])[:_LONGEST], "hint": ""},
    }


def _place(team: Team, project: Project | None) -> dict[str, Any]:
    return {"team": team.slug, "project": project.slug if project else None}


def _summary(event: Event, deployment: Deployment) -> str:
    project, branch = deployment.project.slug, deployment.branch
    what = deployment.push.after[:7] or deployment.public_id
    sentences = {
        Event.LIVE: f"{project}: {what} is live",
        Event.FAILED: f"{project}: {branch} {_ended(deployment)}",
        Event.PREVIEW: f"{project}: the preview of {branch} is ready",
        Event.APPROVAL: f"{project}: {branch} waits for approval",
        Event.ROLLED_BACK: f"{project}: production was rolled back to {what}",
        Event.ROLLBACK_UNDONE: f"{project}: the rollback was undone, {what} is live",
        Event.PROMOTED: f"{project}: {what} was promoted to production",
        Event.CRASHING: f"{project}: the agent of {branch} crashes again and again",
    }
    return sentences[event]


def _ended(deployment: Deployment) -> str:
    return {"timed_out": "took too long", "lost": "was lost"}.get(deployment.status, "failed")


def _error(event: Event, deployment: Deployment) -> dict[str, Any] | None:
    """The code, sentence and next step; never a line of a log, which may hold what nobody meant to tell."""
    instance = getattr(deployment, "instance", None) if event is Event.CRASHING else None
    found = instance.error if instance else deployment.error if event is Event.FAILED else None
    if not found:
        return None
    return {name: str(found.get(name, ""))[:_LONGEST] for name in ("code", "message", "hint")}


def _address(deployment: Deployment) -> str:
    """Where it answers; "" where it does not."""
    routes = Route.objects.filter(wanted=deployment).select_related("destination")
    best = max(routes, key=lambda one: _PLACES.index(one.kind), default=None)
    return route_url(best) if best else ""
