"""The ledger: every delivery, what was decided about it, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from core.errors import UserError
from dashboard.asking import page_before, say
from dashboard.doors import Door, enter
from projects.tokens import Scope
from webhooks import replaying
from webhooks.models import Delivery
from webhooks.readable import deliveries_of, words_for

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
    rows = _of(door).order_by("-pk")
    if (before := page_before(request)) is not None:
        rows = rows.filter(pk__lt=before)
    page = list(rows[: _PAGE + 1])
    context = {
        "deliveries": [Line(row, words_for(row, door.team)) for row in page[:_PAGE]],
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
    return deliveries_of(door.team, also_nobodys=door.user.is_superuser)
