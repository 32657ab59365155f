"""Asking for what is done at vendors: moves, deletions, looks. What they do is in the modules beside this one."""

from __future__ import annotations

from django.db.models import F, QuerySet
from django.db.models.functions import Now

from deployments.models import AgentStorage, CloudService, CloudVersion, Deployment, Domain, Route, RouteKind
from projects import operations
from projects.models import Environment, Operation, OperationStatus
from projects.models.operations import OPEN

MOVE = "move"
DELETE = "delete-service"
DISCARD = "discard-version"
INSPECT = "inspect-service"
REMOVE = "remove-storage"
DOMAIN = "domain"
LOG = "follow-log"


def follow(route: Route) -> None:
    """What became of a route's `wanted` is told to the vendor, where its traffic follows that route."""
    row = Route.objects.select_related("destination__project", "wanted__push", "observed__push", "team").get(
        pk=route.pk
    )
    if row.wanted is not None and is_leading(row):
        operations.enqueue(row.team, MOVE, row.pk, f"move:{row.pk}:{row.generation}")
        return
    address = {"address": _address_beside(row.wanted)} if row.wanted and row.kind == RouteKind.PULL else {}
    rows = Route.objects.filter(pk=row.pk)
    rows.update(observed=row.wanted, observed_generation=F("generation"), error=None, **address)


def is_leading(route: Route) -> bool:
    """Whether a service's traffic follows this route. The pull request of an own branch follows the branch; a fork's
    branch is none of ours, and its pull request leads."""
    if route.kind == RouteKind.PULL:
        shown = route.wanted or route.observed
        return shown is not None and shown.push.pull_request_id is not None
    is_preview = route.destination.environment_of(route.branch) != Environment.PRODUCTION
    return route.kind == RouteKind.PRODUCTION or (route.kind == RouteKind.BRANCH and is_preview)


def move_again(route: Route) -> None:
    """The vendor is asked anew, whatever it was thought to do."""
    Route.objects.filter(pk=route.pk).update(generation=F("generation") + 1, error=None)
    follow(route)


def delete(service: CloudService) -> None:
    """Once nothing is wanted of it any more; asked for twice it is done once."""
    _once(service, DELETE)


def remove(storage: AgentStorage) -> None:
    """As `delete` for a service."""
    _once(storage, REMOVE)


def remove_previews(storages: QuerySet[AgentStorage]) -> None:
    """Of these the living ones that are no production's."""
    previews = storages.filter(removed_at=None).exclude(environment=Environment.PRODUCTION)
    for storage in previews.select_related("team"):
        remove(storage)


def inspect(service: CloudService) -> None:
    _once(service, INSPECT)


def follow_log(service: CloudService) -> None:
    _once(service, LOG)


def see_to(domain: Domain) -> None:
    operations_of = Operation.objects.filter(kind=DOMAIN, subject_id=domain.pk)
    if waiting := operations_of.filter(status=OperationStatus.QUEUED).first():
        Operation.objects.filter(pk=waiting.pk).update(due_at=Now())
        return
    operations.enqueue(domain.team, DOMAIN, domain.pk, f"{DOMAIN}:{domain.pk}:{_newest(operations_of)}")


def discard(version: CloudVersion) -> None:
    operations.enqueue(version.team, DISCARD, version.pk, f"{DISCARD}:{version.pk}")


def _once(subject: CloudService | AgentStorage, kind: str) -> None:
    before = Operation.objects.filter(kind=kind, subject_id=subject.pk)
    if not before.filter(status__in=OPEN).exists():
        operations.enqueue(subject.team, kind, subject.pk, f"{kind}:{subject.pk}:{_newest(before)}")


def _newest(rows: QuerySet[Operation]) -> int:
    """Each is named after the one before it: the sweep takes old rows away, so that their number goes down again."""
    return rows.order_by("-pk").values_list("pk", flat=True).first() or 0


def _address_beside(deployment: Deployment) -> str:
    """Where the service answers that a pull request shows."""
    of_deployment = CloudService.objects.living().filter(versions__deployment=deployment)
    return of_deployment.values_list("address", flat=True).first() or ""
