"""Which workflows may deploy a project without a secret."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from core.errors import UserError
from dashboard.asking import say
from dashboard.doors import Door, enter
from projects import trusted_deploys
from projects.models import DeployPolicy, Environment
from projects.tokens import Scope


@login_required
@require_http_methods(["GET", "POST"])
def policies(request: HttpRequest, team: str, project: str) -> HttpResponse:
    door = enter(request, team)
    found = door.project(project)
    if request.method == "POST":
        door.require(Scope.ADMIN)
        _trust(request, door, project)
        return redirect("trusted-deploys", team, project)
    rows = DeployPolicy.objects.for_team(door.team).filter(project=found).order_by("pk")
    repository = found.repository
    known = repository.host != "origin"
    context = {
        "policies": rows,
        "environments": [(Environment.PRODUCTION, "Production"), (Environment.PREVIEW, "Preview")],
        "repository_id": repository.external_id if known else "",
        "owner_id": repository.installation.account_id if repository.installation else "",
    }
    return render(request, "trusted_deploys.html", {"door": door, "team": door.team, "project": found, **context})


@login_required
@require_POST
def remove(request: HttpRequest, team: str, project: str, pk: int) -> HttpResponse:
    door = enter(request, team)
    rows = DeployPolicy.objects.for_team(door.team).select_related("project", "team")
    found = get_object_or_404(rows, project=door.project(project), pk=pk)
    door.require(Scope.ADMIN)
    trusted_deploys.distrust(found, actor=door.user)
    return redirect("trusted-deploys", team, project)


def _trust(request: HttpRequest, door: Door, project: str) -> None:
    names = ("environment", "repository_id", "owner_id", "ref", "job_environment", "workflow")
    wanted = trusted_deploys.Wanted(**{name: request.POST.get(name, "").strip() for name in names})
    try:
        trusted_deploys.trust(door.project(project), wanted, actor=door.user)
    except UserError as error:
        say(request, error)
    else:
        messages.success(request, "Trusted. Its jobs exchange their proof for a token of a quarter of an hour.")
