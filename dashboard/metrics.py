"""The page of what a project's agents did: requests, errors, latency, tokens, and when production changed."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from core.targets import Platform
from dashboard.asking import asked
from dashboard.doors import enter
from dashboard.measuring import shown
from deployments import addresses
from deployments.metrics.reading import Range, metrics_of
from deployments.models import Deployment, Destination, Route, RouteKind
from projects.models import Project


@login_required
@require_GET
def metrics(request: HttpRequest, team: str, project: str) -> HttpResponse:
    door = enter(request, team)
    found = door.project(project)
    wanted, deployment = _range(asked(request, "range")), _deployment(found, asked(request, "deployment"))
    read = metrics_of(found, wanted, deployment)
    context = {
        **shown(read),
        **_around(found),
        "chosen": deployment,
        "is_among": deployment is None or deployment.public_id in {one.deployment for one in read.served},
        "ranges": _RANGES,
        "kept_days": settings.METRIC_DAYS,
    }
    template = "metrics_numbers.html" if asked(request, "part") == "numbers" else "metrics.html"
    return render(request, template, {"door": door, "team": door.team, "project": found, **context})


_RANGES = {Range.HOUR: "Last hour", Range.DAY: "Last 24 hours", Range.WEEK: "Last 7 days"}


def _range(name: str) -> Range:
    try:
        return Range(name or Range.HOUR)
    except ValueError:
        raise Http404 from None


def _deployment(project: Project, public_id: str) -> Deployment | None:
    rows = Deployment.objects.for_team(project.team).filter(project=project)
    return get_object_or_404(rows, public_id=public_id) if public_id else None


def _around(project: Project) -> dict[str, Any]:
    """Where to ask an agent, and which destinations are not measured here."""
    rows = Destination.objects.for_team(project.team).filter(project=project)
    production = Route.objects.filter(project=project, kind=RouteKind.PRODUCTION, wanted__isnull=False)
    here = production.filter(destination__platform=Platform.LOCAL).select_related("destination").first()
    return {
        "elsewhere": list(rows.living().exclude(platform=Platform.LOCAL).order_by("name")),
        "url": addresses.route_url(here) if here else "",
    }
