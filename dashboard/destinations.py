"""A project's destinations, what runs there, and its domains."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.errors import UserError
from core.targets import PLATFORMS, Platform
from dashboard.asking import say
from dashboard.destination_forms import text_of_config, wish_of
from dashboard.doors import Door, enter
from deployments import canaries, destinations, domains, routing
from deployments.cloud import following, queue, stopping, tidying
from deployments.models import Account, CloudService, Deployment, Destination, Domain, Route, RouteKind
from deployments.platforms import CLOUDS, traits_of
from projects.models import Environment, Project
from projects.tokens import Scope

#: In the order and the words in which the page shows what a platform can do.
TRAITS = (
    ("version_urls", "A URL for each deployment"),
    ("canary", "Canary by percentage"),
    ("native_rollback", "Rollback without an upload"),
    ("live_logs", "Live log"),
    ("volumes", "Volumes"),
    ("scale_to_zero", "Scales to zero"),
    ("domains", "Own domains"),
)


@login_required
@require_http_methods(["GET", "POST"])
def all_of_project(request: HttpRequest, team: str, project: str) -> HttpResponse:
    door = enter(request, team)
    found = door.project(project)
    if request.method == "POST":
        door.require(Scope.CONFIGURE)
        _do(request, lambda: destinations.add(found, wish_of(request.POST), actor=door.user))
        return redirect("destinations", team, project)
    living = destinations.destinations_of(found)
    gone = Destination.objects.filter(project=found, removed_at__isnull=False, services__deleted_at=None)
    context = {
        "destinations": [(one, _services(one), _production(one)) for one in living],
        "removed": [(one, _services(one)) for one in gone.filter(services__isnull=False).distinct()],
        "by_file": any(one.declared_by == "file" for one in living),
        "choices": [(target.value, [one.value for one in platforms]) for target, platforms in PLATFORMS.items()],
        "environments": Environment.choices,
        "accounts": Account.objects.living().for_team(door.team).order_by("platform", "name"),
        "platforms": [(one.value, traits_of(one), _can(one)) for one in _known()],
        "trait_names": [words for _name, words in TRAITS],
    }
    return render(request, "destinations.html", {"door": door, "team": door.team, "project": found, **context})


@login_required
@require_http_methods(["GET", "POST"])
def one(request: HttpRequest, team: str, project: str, destination: str) -> HttpResponse:
    door = enter(request, team)
    found = _destination(door, project, destination)
    if request.method == "POST":
        door.require(Scope.CONFIGURE)
        fixed = {"name": found.name, "target": found.target, "platform": found.platform}
        given = {**request.POST.dict(), **fixed, "may_fail": "may_fail" in request.POST}
        _do(request, lambda: destinations.change(found, wish_of(given), actor=door.user), "Saved.")
        return redirect("destination", team, project, destination)
    module = CLOUDS.get(Platform(found.platform))
    context = {
        "destination": found,
        "services": _services(found),
        "config": text_of_config(found.config),
        "branches": "\n".join(found.branches),
        "config_keys": list(module.config.items()) if module else [],
        "environments": Environment.choices,
        "accounts": Account.objects.living().for_team(door.team).filter(platform=found.platform),
        "route": _production(found),
        "can": _can(Platform(found.platform)),
        "trait_names": [words for _name, words in TRAITS],
        "verified": traits_of(Platform(found.platform)).verified,
    }
    return render(request, "destination.html", {"door": door, "team": door.team, "project": found.project, **context})


@login_required
@require_POST
def remove(request: HttpRequest, team: str, project: str, destination: str) -> HttpResponse:
    door = enter(request, team)
    found = _destination(door, project, destination)
    door.require(Scope.CONFIGURE)
    _do(request, lambda: destinations.retire(found, actor=door.user))
    return redirect("destinations", team, project)


@login_required
@require_POST
def canary(request: HttpRequest, team: str, project: str, destination: str) -> HttpResponse:
    """0 % ends it."""
    door = enter(request, team)
    found = _destination(door, project, destination)
    door.require(Scope.DEPLOY)
    percent = request.POST.get("percent", "")
    share = int(percent) if percent.isdecimal() and len(percent) < 4 else -1
    if share == 0:
        _do(request, lambda: canaries.end(routing.production_route(found), actor=door.user))
    else:
        rows = Deployment.objects.for_team(door.team).with_everything().filter(destination=found)
        deployment = get_object_or_404(rows, public_id=request.POST.get("deployment", ""))
        _do(request, lambda: canaries.start(deployment, share, actor=door.user))
    return redirect("destination", team, project, destination)


@login_required
@require_GET
def service(request: HttpRequest, team: str, project: str, service: str) -> HttpResponse:
    door = enter(request, team)
    found = _service(door, project, service)
    versions = found.versions.select_related("deployment__push").order_by("-pk")[:20]
    routes = Route.objects.filter(wanted__cloud_version__service=found).exclude(kind=RouteKind.DEPLOYMENT)
    context = {
        "service": found,
        "drift": tidying.drift_of(found),
        "versions": [(one, found.shares.get(one.version_id, 0)) for one in versions],
        "routes": routes.select_related("wanted__push", "observed__push", "canary"),
        "traits": traits_of(Platform(found.platform)),
        "may_stop": found.is_preview or found.destination.removed_at is not None,
    }
    return render(request, "service.html", {"door": door, "team": door.team, "project": found.project, **context})


@login_required
@require_POST
def act(request: HttpRequest, team: str, project: str, service: str, verb: str) -> HttpResponse:
    """One of the buttons of a service."""
    door = enter(request, team)
    found = _service(door, project, service)
    door.require(Scope.CONFIGURE if verb == "delete" else Scope.DEPLOY)
    verbs = {
        "inspect": lambda: queue.inspect(found),
        "retry": lambda: stopping.again(found, actor=door.user),
        "follow": lambda: following.start(found),
        "delete": lambda: stopping.stop(found, actor=door.user),
    }
    if verb not in verbs:
        raise Http404
    _do(request, verbs[verb])
    return redirect("destinations", team, project) if verb == "delete" else redirect("service", team, project, service)


@login_required
@require_http_methods(["GET", "POST"])
def project_domains(request: HttpRequest, team: str, project: str) -> HttpResponse:
    door = enter(request, team)
    found = door.project(project)
    if request.method == "POST":
        door.require(Scope.CONFIGURE)
        name = request.POST.get("destination", "")
        chosen = get_object_or_404(_living(door, found), name=name) if name else None
        where = chosen or destinations.default_destination(found)
        _do(request, lambda: domains.add(where, request.POST.get("hostname", ""), actor=door.user))
        return redirect("domains", team, project)
    rows = Domain.objects.living().for_team(door.team).filter(project=found).select_related("destination")
    context = {"domains": rows.order_by("hostname"), "destinations": destinations.destinations_of(found)}
    return render(request, "domains.html", {"door": door, "team": door.team, "project": found, **context})


@login_required
@require_POST
def act_on_domain(request: HttpRequest, team: str, project: str, pk: int, verb: str) -> HttpResponse:
    door = enter(request, team)
    rows = Domain.objects.living().for_team(door.team).select_related("destination__project", "team")
    found = get_object_or_404(rows, project=door.project(project), pk=pk)
    door.require(Scope.CONFIGURE)
    if verb not in ("check", "remove"):
        raise Http404
    _do(request, lambda: queue.see_to(found) if verb == "check" else domains.remove(found, actor=door.user))
    return redirect("domains", team, project)


def _do(request: HttpRequest, act: Any, done: str = "") -> None:
    try:
        act()
    except UserError as error:
        say(request, error)
    else:
        if done:
            messages.success(request, done)


def _living(door: Door, project: Project) -> Any:
    rows = Destination.objects.living().for_team(door.team).filter(project=project)
    return rows.select_related("account", "project__team", "team")


def _destination(door: Door, project: str, name: str) -> Destination:
    of = door.project(project)
    destinations.destinations_of(of)
    found: Destination = get_object_or_404(_living(door, of), name=name)
    return found


def _service(door: Door, project: str, name: str) -> CloudService:
    rows = CloudService.objects.living().for_team(door.team).filter(project=door.project(project))
    related = ("destination__project", "team", "stream", "account", "project")
    found: CloudService = get_object_or_404(rows.select_related(*related), name=name)
    return found


def _services(destination: Destination) -> list[CloudService]:
    return list(CloudService.objects.living().filter(destination=destination).order_by("branch"))


def _production(destination: Destination) -> Route | None:
    rows = Route.objects.filter(destination=destination, kind=RouteKind.PRODUCTION)
    found: Route | None = rows.select_related("wanted__push", "observed__push", "canary", "destination").first()
    return found


def _known() -> list[Platform]:
    return [one for one in Platform if one is Platform.LOCAL or one in CLOUDS]


def _can(platform: Platform) -> list[bool]:
    traits = traits_of(platform)
    return [bool(getattr(traits, name)) for name, _words in TRAITS]
