"""The pages. Each view enters through a door, reads, and renders."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.errors import UserError
from dashboard import sign_in as links
from dashboard.asking import asked, page_before, say
from dashboard.doors import Door, enter
from dashboard.overview import overview
from dashboard.reading import deployment_page, previews_of, productions_of
from dashboard.runtime_logs import log_lines
from dashboard.watching import Subject
from deployments import actions, deleting
from deployments.models import Deployment, DeploymentStatus
from deployments.narrowing import FILTERS, narrowed
from origin.actions import create_hosted_project
from projects.models import Environment, Project, Team, User
from projects.tokens import Scope

_PAGE = 30
_PREVIEWS = 8


@require_http_methods(["GET", "POST"])
def sign_in_by_link(request: HttpRequest, token: str) -> HttpResponse:
    """A look at the link changes nothing (chat programs look at links); the button uses it up."""
    user = links.user_of(token)
    if user is None:
        messages.error(request, "This link was used already, or is too old. Run `dexto-cloud sign-in` for a new one.")
        return redirect("sign-in")
    if request.method == "GET":
        return render(request, "sign_in_by_link.html", {"person": user})
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    return redirect("home")


@login_required
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    teams = list(Team.objects.of(request.user)) if isinstance(request.user, User) else []
    if len(teams) == 1:
        return redirect("team", teams[0].slug)
    return render(request, "home.html", {"teams": teams})


@login_required
@require_http_methods(["GET", "POST"])
def team(request: HttpRequest, team: str) -> HttpResponse:
    door = enter(request, team)
    if request.method == "POST":
        return _create_project(request, door)
    search, after = (asked(request, name) for name in ("q", "after"))
    found = overview(door.team, search=search, after=after)
    template = "team_now.html" if request.GET.get("part") == "now" else "team.html"
    watch = Subject("team", door.team.pk).address
    return render(request, template, {"door": door, "team": door.team, "overview": found, "watch": watch})


def _create_project(request: HttpRequest, door: Door) -> HttpResponse:
    door.require(Scope.CONFIGURE)
    try:
        project = create_hosted_project(door.team, request.POST.get("slug", "").strip(), actor=door.user)
    except UserError as error:
        say(request, error)
        return redirect("team", door.team.slug)
    return redirect("project", door.team.slug, project.slug)


@login_required
@require_GET
def project(request: HttpRequest, team: str, project: str) -> HttpResponse:
    door = enter(request, team)
    found = door.project(project)
    template = "project_now.html" if request.GET.get("part") == "now" else "project.html"
    return render(request, template, {"door": door, "team": door.team, **_project_page(request, found)})


def _project_page(request: HttpRequest, found: Project) -> dict[str, Any]:
    wanted = {name: asked(request, name) for name in FILTERS}
    before = page_before(request)
    previews = previews_of(found, limit=_PREVIEWS + 1)
    rows = narrowed(Deployment.objects.filter(project=found).with_everything().order_by("-pk"), wanted)
    rows = rows if before is None else rows.filter(pk__lt=before)
    shown = list(rows.prefetch_related("wanted_by")[: _PAGE + 1])
    return {
        "project": found,
        "watch": Subject("project", found.pk).address,
        "productions": productions_of(found),
        "previews": previews[:_PREVIEWS],
        "more_previews": len(previews) > _PREVIEWS,
        "deployments": shown[:_PAGE],
        "before": before,
        "older": shown[_PAGE - 1].pk if len(shown) > _PAGE else None,
        "wanted": wanted,
        "narrowed": any(wanted.values()),
        "asked": urlencode({name: value for name, value in wanted.items() if value}),
        "statuses": DeploymentStatus.choices,
        "environments": Environment.choices,
    }


@login_required
@require_GET
def log_text(request: HttpRequest, team: str, project: str, public_id: str, stream: str) -> StreamingHttpResponse:
    """A log as a text file: to keep, and for who reads without JavaScript."""
    door = enter(request, team)
    found = deployment_page(door.deployment(project, public_id))
    streams = {name.lower(): number for name, number in found["streams"]}
    if stream not in streams:
        raise Http404
    answer = StreamingHttpResponse(log_lines(streams[stream]), content_type="text/plain; charset=utf-8")
    answer["Content-Disposition"] = f'inline; filename="{public_id}-{stream}.log"'
    return answer


@login_required
@require_GET
def deployment(request: HttpRequest, team: str, project: str, public_id: str) -> HttpResponse:
    door = enter(request, team)
    found = door.deployment(project, public_id)
    template = "deployment_status.html" if request.GET.get("part") == "status" else "deployment.html"
    return render(request, template, {"door": door, "team": door.team, **deployment_page(found)})


@login_required
@require_POST
def act(request: HttpRequest, team: str, project: str, public_id: str, verb: str) -> HttpResponse:
    """One of the buttons of a deployment."""
    door = enter(request, team)
    found = door.deployment(project, public_id)
    door.require(Scope.DEPLOY)
    if verb not in _VERBS:
        raise Http404
    try:
        target = _VERBS[verb](found, door.user)
    except UserError as error:
        say(request, error)
        target = found
    return redirect("deployment", team, project, target.public_id)


@login_required
@require_POST
def undo_rollback(request: HttpRequest, team: str, project: str) -> HttpResponse:
    door = enter(request, team)
    found = door.project(project)
    door.require(Scope.DEPLOY)
    try:
        actions.undo_rollback(found, actor=door.user)
    except UserError as error:
        say(request, error)
    return redirect("project", team, project)


def _roll_back(found: Deployment, user: User) -> Deployment:
    return actions.roll_back(found.project, found, actor=user).deployment


def _promote(found: Deployment, user: User) -> Deployment:
    return actions.promote(found, actor=user)


def _redeploy(found: Deployment, user: User) -> Deployment:
    return actions.redeploy(found, actor=user)


def _rebuild(found: Deployment, user: User) -> Deployment:
    return actions.redeploy(found, actor=user, cache=False)


def _approve(found: Deployment, user: User) -> Deployment:
    return actions.approve(found, actor=user)


def _cancel(found: Deployment, user: User) -> Deployment:
    actions.cancel(found, actor=user)
    return found


def _delete(found: Deployment, user: User) -> Deployment:
    deleting.delete(found, actor=user)
    return found


_VERBS = {
    "rollback": _roll_back,
    "promote": _promote,
    "redeploy": _redeploy,
    "rebuild": _rebuild,
    "approve": _approve,
    "cancel": _cancel,
    "delete": _delete,
}
