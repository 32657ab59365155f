"""What happened, recorded in the transaction that makes it so: nothing where nobody of the team listens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from uuid import uuid4

from django.db.models import QuerySet

from deployments.models import (
    Cause,
    Deployment,
    DeploymentStatus,
    Domain,
    NotificationTarget,
    Route,
    RouteChange,
    RouteKind,
)
from deployments.notifying.events import Event
from projects import outbox
from projects.models import Environment, Team

HAPPENED: Final = "happened"
#: Statuses that are told of. Of production it is its route that says that something is live.
OF_STATUS: Final[Mapping[str, Event]] = {
    DeploymentStatus.WAITING: Event.APPROVAL,
    DeploymentStatus.READY: Event.PREVIEW,
    DeploymentStatus.FAILED: Event.FAILED,
    DeploymentStatus.TIMED_OUT: Event.FAILED,
    DeploymentStatus.LOST: Event.FAILED,
}
OF_CAUSE: Final[Mapping[str, Event]] = {
    Cause.PUSH: Event.LIVE,
    Cause.PROMOTE: Event.PROMOTED,
    Cause.ROLLBACK: Event.ROLLED_BACK,
    Cause.UNDO: Event.ROLLBACK_UNDONE,
}


def moved(rows: QuerySet[Deployment], status: str) -> None:
    """These deployments have that status now."""
    event = OF_STATUS.get(status)
    if event is None:
        return
    told = rows.exclude(environment=Environment.PRODUCTION) if event is Event.PREVIEW else rows
    for pk, team, project in told.values_list("pk", "team_id", "project_id").order_by("pk"):
        _happened(event, team, project, key=f"deployment:{pk}:{event}", deployment=pk)


def production_moved(route: Route) -> None:
    """Production serves something else by now: by whom or what, its newest change says."""
    if route.kind != RouteKind.PRODUCTION:
        return
    change = RouteChange.objects.filter(route=route).exclude(cause=Cause.CANARY).order_by("-pk").first()
    event = OF_CAUSE.get(change.cause) if change else None
    if change is None or event is None:
        return
    about = {"deployment": change.deployment_id, "actor": change.actor_id}
    _happened(event, route.team_id, route.project_id, key=f"route:{change.pk}", **about)


def crashing(deployment: Deployment) -> None:
    """Its agent was given up. Each time that this is so it is told anew."""
    key = f"deployment:{deployment.pk}:crashing:{uuid4().hex}"
    _happened(Event.CRASHING, deployment.team_id, deployment.project_id, key=key, deployment=deployment.pk)


def domain_problem(domain: Domain, sentence: str, *, key: str) -> None:
    """`key` tells one problem of a domain from its next."""
    about = {"domain": domain.pk, "sentence": sentence}
    _happened(Event.DOMAIN, domain.team_id, domain.project_id, key=f"domain:{domain.pk}:{key}", **about)


def _happened(event: Event, team: int, project: int, *, key: str, **about: object) -> None:
    if NotificationTarget.objects.listening(team, project, event).exists():
        outbox.record(Team(pk=team), HAPPENED, event=event, project=project, key=key, **about)
