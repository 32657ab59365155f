"""The page of what a team uses of each quota."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from dashboard.doors import enter
from deployments.usage_limits import uses


@login_required
@require_GET
def quotas(request: HttpRequest, team: str) -> HttpResponse:
    door = enter(request, team)
    return render(request, "quotas.html", {"door": door, "team": door.team, "uses": uses(door.team)})
