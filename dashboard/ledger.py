"""The ledger: every delivery, what was decided about it, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from core.errors import UserError
from dashboard.asking import page_before, say
from dashboard.doors import Door, enter
from projects.tokens import Scope
from webhooks import replaying
from webhooks.models import Delivery

_PAGE: Final = 50


@dataclass(frozen=True, slots=True)
class Line:
    """One delivery, with what this team may read of its decision."""

    row: Delivery
    words: str


@login_required
@require_GET
def deliveries(request: HttpRequest, team: str) -> HttpResponse:
    door = enter(request, team)
    rows = _of(door).defer("body").order_by("-pk")
    if (before := page_before(request)) is not None:
        rows = rows.filter(pk__lt=before)
    page = list(rows[: _PAGE + 1])
    context = {
        "deliveries": [Line(row, _words(row, door)) for row in page[:_PAGE]],
        "older": page[_PAGE - 1].pk if len(page) > _PAGE else None,
    }
    return render(request, "deliveries.html", {"door": door, "team": door.team, **context})


@login_required
@require_POST
def replay(request: HttpRequest, team: str, pk: int) -> HttpResponse:
    door = enter(request, team)
    found = get_object_or_404(_of(door), pk=pk)
    door.require(Scope.DEPLOY)
    try:
        replaying.replay(found, team=door.team, actor=door.user)
    except UserError as error:
        say(request, error)
    else:
        messages.success(request, "It is acted upon once more.")
    return redirect("deliveries", team)


def _of(door: Door) -> Any:
    """The team's own; for the installation's owner also those that concern no team."""
    concerned = Q(decisions__has_key=str(door.team.pk))
    return Delivery.objects.filter(concerned | Q(team=None) if door.user.is_superuser else concerned)


def _words(row: Delivery, door: Door) -> str:
    if row.error:
        return f"{row.error.get('message', '')} {row.error.get('hint', '')}".strip()
    return str(row.decisions.get(str(door.team.pk)) or (row.decision if row.team_id is None else "") or "waits")
