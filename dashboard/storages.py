"""The Storages page: what keeps the memory of a project's agents, who uses it, and what is wrong with it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from core.errors import UserError
from dashboard.asking import say
from dashboard.doors import enter
from deployments.cloud import queue, storages
from deployments.destinations import destinations_of
from deployments.models import AgentStorage, Deployment, Destination, Route, RouteKind
from projects.models import Operation, Project
from projects.models.operations import OPEN
from projects.tokens import Scope


@dataclass(frozen=True, slots=True)
class Kept:
    """`users` are the deployments that serve with it; `is_going`: its removal is under way."""

    storage: AgentStorage
    variables: list[str]
    users: list[Deployment]
    is_going: bool


@dataclass(frozen=True, slots=True)
class Asking:
    """A destination that asks for a storage and has none yet, with what is wrong with how it asks."""

    destination: Destination
    provider: str
    error: UserError | None


@login_required
@require_GET
def all_of_project(request: HttpRequest, team: str, project: str) -> HttpResponse:
    door = enter(request, team)
    found = door.project(project)
    kept = _kept(found)
    context = {"storages": kept, "asking": _asking(found, kept)}
    return render(request, "storages.html", {"door": door, "team": door.team, "project": found, **context})


@login_required
@require_POST
def remove(request: HttpRequest, team: str, project: str, storage: str) -> HttpResponse:
    door = enter(request, team)
    found = get_object_or_404(_living(door.project(project)), name=storage)
    door.require(Scope.CONFIGURE)
    try:
        storages.delete(found, actor=door.user)
        messages.success(request, f"{found.name} is being deleted.")
    except UserError as error:
        say(request, error)
    return redirect("storages", team, project)


def _living(project: Project) -> QuerySet[AgentStorage]:
    rows: QuerySet[AgentStorage] = AgentStorage.objects.living().for_team(project.team)
    rows = rows.filter(destination__project=project)
    return rows.select_related("destination__project", "account", "team").order_by("pk")


def _kept(project: Project) -> list[Kept]:
    living = list(_living(project).prefetch_related("variables"))
    going = set(_being_removed(living))
    users = _users(living)
    return [
        Kept(one, sorted(variable.name for variable in one.variables.all()), users[one.pk], one.pk in going)
        for one in living
    ]


def _being_removed(living: list[AgentStorage]) -> Iterable[int]:
    rows = Operation.objects.filter(kind=queue.REMOVE, subject_id__in=[one.pk for one in living], status__in=OPEN)
    found: Iterable[int] = rows.values_list("subject_id", flat=True)
    return found


def _users(living: list[AgentStorage]) -> dict[int, list[Deployment]]:
    """Whoever was given one of its values, as long as an alias leads there."""
    owner = {variable.version_id: one.pk for one in living for variable in one.variables.all()}
    aliases = Route.objects.filter(wanted__isnull=False).exclude(kind=RouteKind.DEPLOYMENT)
    serving = Deployment.objects.filter(pk__in=aliases.values("wanted"), variables__version__in=owner)
    found: dict[int, list[Deployment]] = defaultdict(list)
    for deployment in serving.prefetch_related("variables").distinct().order_by("pk"):
        for pk in {owner[one.version_id] for one in deployment.variables.all() if one.version_id in owner}:
            found[pk].append(deployment)
    return found


def _asking(project: Project, kept: list[Kept]) -> list[Asking]:
    served = {one.storage.destination_id for one in kept}
    destinations = [one for one in destinations_of(project) if "storage" in one.config and one.pk not in served]
    return [_asked(one) for one in destinations]


def _asked(destination: Destination) -> Asking:
    try:
        wish = storages.wish_of(destination.config)
    except UserError as error:
        return Asking(destination, "", error)
    return Asking(destination, wish.provider if wish else "", None)
