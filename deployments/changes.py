"""Every change of a deployment's status is made here, and told to whoever listens: in the same transaction."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from deployments.models import DEPLOYMENT_STATES, Deployment, DeploymentStatus
from deployments.notifying import happenings
from projects import outbox
from projects.models import Team

CHANGED = "deployment.changed"


def move(rows: QuerySet[Deployment], *, to: DeploymentStatus, **values: Any) -> int:
    """How many moved: none that is not in a state from which `to` may follow."""
    movable = rows.filter(status__in=DEPLOYMENT_STATES.sources(to))
    is_told = outbox.is_heard(CHANGED) or to in happenings.OF_STATUS
    before = list(movable.values_list("pk", flat=True)) if is_told else []
    moved = DEPLOYMENT_STATES.move(rows, to=to, **values)
    if moved:
        those = Deployment.objects.filter(pk__in=before)
        tell(those)
        happenings.moved(those, to)
    return moved


def tell(rows: QuerySet[Deployment]) -> None:
    """Something else of theirs changed that is seen from outside. Asks nothing of the database when nobody listens,
    and records nothing for repositories that no code host keeps, nor of what is of no commit."""
    if not outbox.is_heard(CHANGED):
        return
    reported = rows.filter(project__repository__installation__isnull=False).exclude(push__after="")
    for pk, team_id in reported.values_list("pk", "team_id").order_by("pk"):
        outbox.record(Team(pk=team_id), CHANGED, deployment=pk)


def made(deployment: Deployment) -> None:
    """There is a new one, in the status that it has."""
    rows = Deployment.objects.filter(pk=deployment.pk)
    tell(rows)
    happenings.moved(rows, deployment.status)
