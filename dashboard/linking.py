"""Linking a repository: found among those that the person really has, looked at, then linked with one click."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from builds.code_host_source import source_with
from builds.looking import Look, look
from clients.code_host import CodeHostUser, CodeInstallation, CodeRepository
from clients.code_host_errors import CodeHostMissingError, CodeHostRefusedError
from core.errors import DextoError, UserError
from dashboard import code_host_session
from dashboard.asking import say
from dashboard.doors import Door, enter
from deployments.linking import LOOKS, Found, found_at, free_name, link
from projects.github_apps import LinkedApp, all_apps, app_at
from projects.models import Project
from projects.tokens import Scope

_PAGE: Final = 30
_SEARCHED_PAGES: Final = 10  # of a hundred each


@dataclass(frozen=True, slots=True)
class Listing:
    """Some of one installation's repositories, as the page shows them."""

    installation: CodeInstallation
    repositories: tuple[CodeRepository, ...]
    page: int
    has_more: bool


@login_required
@require_GET
def choose(request: HttpRequest, team: str) -> HttpResponse:
    door = enter(request, team)
    apps = all_apps()
    request.session["linking_team"] = door.team.slug
    app = _chosen(request, apps)
    context: dict[str, object] = {"door": door, "team": door.team, "apps": apps, "app": app, "q": _query(request)}
    if app is not None and (person := code_host_session.person_at(request, app)):
        try:
            context |= _listed(request, door, person)
            context["connected"] = True
        except CodeHostRefusedError:
            code_host_session.drop_token(request, app.host)
        except DextoError as error:
            say(request, error)
    return render(request, "link.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def one(request: HttpRequest, team: str, host: str, installation: int, number: int) -> HttpResponse:
    """What a build would find, before anything is linked; the form links it and deploys it at once."""
    door = enter(request, team)
    door.require(Scope.CONFIGURE)
    app = app_at(host)
    person = code_host_session.person_at(request, app) if app else None
    if app is None or person is None:
        return redirect("link", team)
    root = request.POST.get("root", request.GET.get("root", "")).strip().strip("/")
    try:
        found = _found(app, person, installation, number)
        if request.method == "POST":
            project = link(door.team, request.POST.get("slug", "").strip(), found, root=root, actor=door.user)
            return redirect("project", team, project.slug)
    except CodeHostRefusedError:
        code_host_session.drop_token(request, app.host)
        return redirect("link", team)
    except DextoError as error:
        say(request, error)
        return redirect(f"{reverse('link', args=[team])}?host={host}")
    seen, failure = _look(request, app, found, root)
    context = {"found": found, "root": root, "look": seen, "error": failure, "slug": free_name(door.team, found, root)}
    return render(request, "link_one.html", {"door": door, "team": door.team, "app": app, **context})


def _chosen(request: HttpRequest, apps: list[LinkedApp]) -> LinkedApp | None:
    host = request.GET.get("host", "")
    return next((app for app in apps if app.host == host), apps[0] if apps else None)


def _query(request: HttpRequest) -> str:
    return request.GET.get("q", "").strip()[:100]


def _listed(request: HttpRequest, door: Door, person: CodeHostUser) -> dict[str, object]:
    installations = list(_installations(person))
    wanted = request.GET.get("installation", "")
    chosen = next((one for one in installations if str(one.id) == wanted), installations[0] if installations else None)
    linked = Project.objects.for_team(door.team).values_list("repository__external_id", "slug")
    listing = _listing(person, chosen, _query(request), _page(request)) if chosen else None
    return {
        "installations": installations,
        "listing": listing,
        "linked": dict(linked),
        "earlier": _at_page(request, _page(request) - 1),
        "later": _at_page(request, _page(request) + 1),
    }


def _at_page(request: HttpRequest, page: int) -> str:
    query = request.GET.copy()
    query["page"] = str(page)
    return f"?{query.urlencode()}"


def _page(request: HttpRequest) -> int:
    page = request.GET.get("page", "")
    return int(page) if page.isascii() and page.isdigit() and 0 < int(page) < 1000 else 1


def _listing(person: CodeHostUser, installation: CodeInstallation, query: str, page: int) -> Listing:
    """The code host has no search of its own for this: its pages are read, a thousand repositories at most."""
    wanted = query.lower()
    fitting = (one for one in _repositories(person, installation.id) if wanted in one.full_name.lower())
    start = (page - 1) * _PAGE
    shown = tuple(islice(fitting, start, start + _PAGE + 1))
    return Listing(installation, shown[:_PAGE], page, len(shown) > _PAGE)


def _installations(person: CodeHostUser) -> Iterator[CodeInstallation]:
    page: int | None = 1
    while page is not None and page <= _SEARCHED_PAGES:
        found = person.installations(page)
        yield from found.items
        page = found.next_page


def _repositories(person: CodeHostUser, installation_id: int) -> Iterator[CodeRepository]:
    page: int | None = 1
    while page is not None and page <= _SEARCHED_PAGES:
        found = person.repositories(installation_id, page)
        yield from found.items
        page = found.next_page


def _found(app: LinkedApp, person: CodeHostUser, installation_id: int, number: int) -> Found:
    """The code host is asked anew: an address proves nothing."""
    installation = next((one for one in _installations(person) if one.id == installation_id), None)
    if installation is None:
        raise CodeHostMissingError("find the installation among yours")
    repository = next((one for one in _repositories(person, installation_id) if one.id == number), None)
    if repository is None:
        raise CodeHostMissingError("find the repository among yours")
    return found_at(app, installation, repository)


def _look(request: HttpRequest, app: LinkedApp, found: Found, root: str) -> tuple[Look | None, DextoError | None]:
    if found.head is None:
        return None, UserError("repository_empty", "The repository has no commit yet.", "Push a first one to it.")
    if not LOOKS.hit(settings.REDIS_URL, str(request.user.pk)):
        return None, UserError("too_many_tries", "Too many repositories were looked at.", "Wait a minute.")
    about = found.repository
    try:
        source = source_with(app, about.clone_url, installation=found.installation.id, number=about.id)
        return look(source, found.head.sha, root=root), None
    except DextoError as error:
        return None, error
