"""The app at the code host: made in one click from its manifest, or named by the operator."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from clients.code_host import CodeHostAddress, code_host_at
from clients.github import GitHubMaker
from core.errors import DextoError
from dashboard import code_host_session
from dashboard.asking import say
from dashboard.doors import Door, enter
from dashboard.middleware import policy
from projects import github_apps
from projects.models import DeliveryMode

#: What reading a project and reporting back need; no more.
PERMISSIONS: Final = {
    "contents": "read",
    "metadata": "read",
    "pull_requests": "write",
    "statuses": "write",
    "deployments": "write",
    "checks": "write",
}
#: What else is told, installations and authorizations, every app hears without asking.
EVENTS: Final = ("push", "pull_request", "delete", "repository", "check_run", "check_suite")
#: A host that can never be reached: deliveries are listed at the code host, and fetched from there.
_NOWHERE: Final = "https://dexto-cloud.invalid/webhooks/github"
_MAKING: Final = "making_app"
_ADDRESS: Final = re.compile(r"https?://[A-Za-z0-9.-]{1,80}(:\d{1,5})?")
_ORGANIZATION: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,98}[A-Za-z0-9])?|")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the person chose: where the app is to live, and how its deliveries come."""

    address: CodeHostAddress
    organization: str
    mode: DeliveryMode
    public: bool

    @property
    def form_url(self) -> str:
        base = self.address.web_url
        if self.organization:
            return f"{base}/organizations/{quote(self.organization)}/settings/apps/new"
        return f"{base}/settings/apps/new"


@login_required
@require_http_methods(["GET", "POST"])
def code_host(request: HttpRequest, team: str) -> HttpResponse:
    door = enter(request, team)
    if request.method == "POST":
        _require_owner(door)
        wanted = _wanted(request)
        return _manifest_form(request, door, wanted) if wanted else redirect("code-host", team)
    context = {"apps": github_apps.all_apps(), "may_create": door.owns_installation, "reachable": is_reachable()}
    return render(request, "code_host.html", {"door": door, "team": door.team, **context})


@login_required
@require_GET
def created(request: HttpRequest, team: str) -> HttpResponse:
    """Back from the code host with a code, which is good for one exchange."""
    door = enter(request, team)
    _require_owner(door)
    flow, making = code_host_session.end(request, request.GET.get("state", "")), request.session.pop(_MAKING, None)
    if flow is None or not making:
        messages.error(request, "This app was not begun in this browser, or is made already. Try again.")
        return redirect("code-host", team)
    address = code_host_at(making["url"])
    try:
        made = GitHubMaker(address).convert_manifest(request.GET.get("code", ""))
        github_apps.keep(made, address, team=door.team, actor=door.user, mode=DeliveryMode(making["mode"]))
    except DextoError as error:
        say(request, error)
        return redirect("code-host", team)
    messages.success(request, f"{made.name} is there. Install it where your agents are, then link a repository.")
    return redirect("code-host", team)


def is_reachable() -> bool:
    """Whether a code host elsewhere could deliver to us; a guess, from our name alone."""
    host = urlsplit(settings.PUBLIC_URL).hostname or ""
    return not (host == "localhost" or host.endswith((".localhost", ".local", ".internal")) or host.startswith("127."))


def manifest(wanted: Wanted, team: str) -> dict[str, Any]:
    """In GitHub's form."""
    here = settings.PUBLIC_URL
    back = reverse("code-host-back", args=[wanted.address.host])
    polled = wanted.mode == DeliveryMode.POLLING
    return {
        "name": f"Dexto Cloud {urlsplit(here).hostname}"[:34],
        "url": here,
        "hook_attributes": {"url": _NOWHERE if polled else f"{here}/webhooks/github", "active": True},
        "redirect_url": f"{here}{reverse('code-host-created', args=[team])}",
        "callback_urls": [f"{here}{back}"],
        "setup_url": f"{here}{reverse('code-host-installed')}",
        "setup_on_update": True,
        "public": wanted.public,
        "default_permissions": PERMISSIONS,
        "default_events": list(EVENTS),
    }


def _manifest_form(request: HttpRequest, door: Door, wanted: Wanted) -> HttpResponse:
    """A form to the code host, which the page sends by itself; this page alone may post there."""
    flow = code_host_session.begin(request, "")
    request.session[_MAKING] = {"url": wanted.address.web_url, "mode": wanted.mode}
    context = {
        "action": f"{wanted.form_url}?{urlencode({'state': flow.state})}",
        "manifest": json.dumps(manifest(wanted, door.team.slug)),
        "host": wanted.address.host,
    }
    answer = render(request, "code_host_form.html", {"door": door, "team": door.team, **context})
    answer.headers["Content-Security-Policy"] = policy(form_action=wanted.address.web_url)
    return answer


def _wanted(request: HttpRequest) -> Wanted | None:
    url = request.POST.get("url", "").strip().rstrip("/") or "https://github.com"
    organization, mode = request.POST.get("organization", "").strip(), request.POST.get("mode", "")
    if not _ADDRESS.fullmatch(url):
        messages.error(request, "That is no address of a GitHub. It looks like https://github.example.com.")
        return None
    if not _ORGANIZATION.fullmatch(organization) or mode not in DeliveryMode.values:
        messages.error(request, "That is no organization's name.")
        return None
    return Wanted(code_host_at(url), organization, DeliveryMode(mode), "public" in request.POST)


def _require_owner(door: Door) -> None:
    if not door.owns_installation:
        raise PermissionDenied("Only the installation's owner may make its app.")
