"""The operator's page: what waits, what runs and where, what failed."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from core.errors import UserError
from dashboard.asking import say
from dashboard.doors import Door, enter
from projects.models import Operation, Team
from projects.repeating import repeat as repeat_operation
from webhooks.workload import workload


@login_required
@require_GET
def queue(request: HttpRequest, team: str) -> HttpResponse:
    door = enter(request, team)
    _require_operator(door)
    return render(request, "queue.html", {"door": door, "team": door.team, **workload(Team.objects.of(door.user))})


@login_required
@require_POST
def repeat(request: HttpRequest, team: str, pk: int) -> HttpResponse:
    door = enter(request, team)
    found = get_object_or_404(_of(door), pk=pk)
    _require_operator(door)
    try:
        repeat_operation(found, actor=door.user)
    except UserError as error:
        say(request, error)
    else:
        messages.success(request, "It is tried once more.")
    return redirect("queue", team)


def _of(door: Door) -> Any:
    """Who is no operator learns nothing of other teams' operations, not even that there is one."""
    rows = Operation.objects.select_related("team")
    return rows if door.owns_installation else rows.filter(team=door.team)


def _require_operator(door: Door) -> None:
    if not door.owns_installation:
        raise PermissionDenied("Only the installation's owner sees its queue.")
