"""What the installation is doing: its queue, its workers, its machines. Few queries, however much waits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Count, Max, Min, Q
from django.db.models.functions import Now
from django.utils import timezone

from builds import actions as build_actions
from deployments import release_queue
from deployments.models import Deployment, Node, Observed
from projects import operations
from projects.models import Operation, OperationStatus, OutboxEvent, Team
from projects.models.operations import OPEN, UNSUCCESSFUL
from webhooks.models import Delivery, DeliveryStatus

_SHOWN: Final = 30
_SEEN_SECONDS: Final = 3_600
_SILENT_SECONDS: Final = 15


@dataclass(frozen=True, slots=True)
class Failure:
    """`deployment` is where a redeploy is, when it is of one of the reader's own teams."""

    operation: Operation
    message: str
    may_repeat: bool
    deployment: Deployment | None


@dataclass(frozen=True, slots=True)
class Running:
    """`lease_seconds` until its worker must have renewed its lease; below zero it is given back at the next look."""

    operation: Operation
    lease_seconds: int


@dataclass(frozen=True, slots=True)
class Machine:
    node: Node
    running: int
    asleep: int
    failed: int
    is_silent: bool


def workload(teams: Iterable[Team]) -> dict[str, Any]:
    """For the operator, who is a member of these teams."""
    return {
        **_numbers(),
        "running": _running(),
        "failures": _failures({team.pk for team in teams}),
        "machines": _machines(),
        "at_most": _SHOWN,
    }


def summary() -> dict[str, Any]:
    """The numbers of it, for a program: its operations are a list of their own."""
    return {**_numbers(), "machines": [_told(machine) for machine in _machines()]}


def _numbers() -> dict[str, Any]:
    waiting = Delivery.objects.filter(status=DeliveryStatus.RECEIVED)
    events = OutboxEvent.objects.filter(dispatched_at=None)
    return {
        "kinds": _kinds(),
        "workers": _workers(),
        "deliveries": waiting.aggregate(number=Count("pk"), oldest=Min("received_at")),
        "events": events.aggregate(number=Count("pk"), oldest=Min("created_at")),
    }


def _told(machine: Machine) -> dict[str, Any]:
    node = machine.node
    disk = {"disk_size": node.disk_size, "disk_free": node.disk_free}
    agents = {"running": machine.running, "asleep": machine.asleep, "failed": machine.failed}
    return {"name": node.name, "seen_at": node.seen_at, "is_silent": machine.is_silent, **disk, **agents}


def _kinds() -> list[dict[str, Any]]:
    """How many of each kind; finished ones for as long as they are kept. `oldest`: since when one is due."""
    due = Q(status=OperationStatus.QUEUED, due_at__lte=Now())
    rows: Any = Operation.objects.order_by("kind").values("kind")
    return list(
        rows.annotate(
            queued=_counted(OperationStatus.QUEUED),
            running=_counted(OperationStatus.RUNNING),
            done=_counted(OperationStatus.DONE),
            failed=_counted(*UNSUCCESSFUL),
            cancelled=_counted(OperationStatus.CANCELLED),
            oldest=Min("due_at", filter=due),
        )
    )


def _counted(*statuses: OperationStatus) -> Count:
    return Count("pk", filter=Q(status__in=statuses))


def _running() -> list[Running]:
    now = timezone.now()
    rows = Operation.objects.filter(status=OperationStatus.RUNNING).select_related("team").order_by("started_at")
    return [Running(row, _seconds_until(row.lease_expires_at, now)) for row in rows[:_SHOWN]]


def _seconds_until(moment: datetime | None, now: datetime) -> int:
    return int((moment - now).total_seconds()) if moment else 0


def _failures(own_teams: set[int]) -> list[Failure]:
    rows = Operation.objects.filter(status__in=UNSUCCESSFUL).select_related("team").order_by("-finished_at", "-pk")
    found = list(rows[:_SHOWN])
    deployments = _deployments_of([row for row in found if row.team_id in own_teams])
    return [_failure(row, deployments.get((row.kind, row.subject_id))) for row in found]


def _failure(row: Operation, deployment: Deployment | None) -> Failure:
    error = row.error or {}
    words = f"{error.get('message', '')} {error.get('hint', '')}".strip()
    return Failure(row, words, operations.may_repeat(row), deployment)


def _deployments_of(rows: list[Operation]) -> dict[tuple[str, int], Deployment]:
    """By kind and subject: what was built or released can be deployed once more."""
    released = [row.subject_id for row in rows if row.kind == release_queue.KIND]
    built = [row.subject_id for row in rows if row.kind == build_actions.KIND]
    found = Deployment.objects.filter(Q(pk__in=released) | Q(build__in=built)).select_related("team", "project")
    by_subject = {}
    for one in found.order_by("pk"):
        by_subject[release_queue.KIND, one.pk] = one
        if one.build_id:
            by_subject[build_actions.KIND, one.build_id] = one
    return by_subject


def _workers() -> list[dict[str, Any]]:
    """Who held a lease in the last hour, which is not everyone who waits for work."""
    since = Now() - timedelta(seconds=_SEEN_SECONDS)
    seen = Q(finished_at__gt=since) | Q(status=OperationStatus.RUNNING)
    rows: Any = Operation.objects.filter(seen).exclude(lease_owner="").order_by("lease_owner").values("lease_owner")
    ended = Count("pk", filter=~Q(status__in=OPEN))
    return list(rows.annotate(running=_counted(OperationStatus.RUNNING), ended=ended, last=Max("finished_at"))[:_SHOWN])


def _machines() -> list[Machine]:
    silent = timezone.now() - timedelta(seconds=_SILENT_SECONDS)
    rows = Node.objects.order_by("name").annotate(
        running=_observed(Observed.RUNNING, Observed.STARTING),
        asleep=_observed(Observed.ASLEEP),
        failed=_observed(Observed.FAILED),
    )
    return [Machine(row, row.running, row.asleep, row.failed, row.seen_at < silent) for row in rows]


def _observed(*states: Observed) -> Count:
    return Count("instances", filter=Q(instances__observed__in=states))
