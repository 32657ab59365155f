"""The Accounts page: a team's credentials at vendors, entered and checked, never shown."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from core.errors import UserError
from core.targets import Platform
from dashboard.asking import say
from dashboard.doors import Door, enter
from deployments.cloud import accounts
from deployments.models import Account
from deployments.platforms import CLOUDS
from deployments.platforms.cloud import CloudModule
from deployments.storage import STORAGES
from deployments.storage.contract import StorageModule
from projects.tokens import Scope


@login_required
@require_http_methods(["GET", "POST"])
def team_accounts(request: HttpRequest, team: str) -> HttpResponse:
    door = enter(request, team)
    if request.method == "POST":
        door.require(Scope.ADMIN)
        _enter(request, door)
        return redirect("accounts", team)
    rows = Account.objects.living().for_team(door.team).order_by("platform", "name")
    chosen = request.GET.get("platform", "")
    module = _module(chosen)
    vendors = {"platforms": list(CLOUDS), "storages": list(STORAGES)}
    known = [(one, found.credentials if (found := _module(one.platform)) else ()) for one in rows]
    context = {"accounts": known, **vendors, "chosen": chosen if module else "", "module": module}
    return render(request, "accounts.html", {"door": door, "team": door.team, **context})


@login_required
@require_POST
def act(request: HttpRequest, team: str, pk: int, verb: str) -> HttpResponse:
    """One of the buttons of an account."""
    door = enter(request, team)
    rows = Account.objects.living().for_team(door.team).select_related("team")
    account = get_object_or_404(rows, pk=pk)
    door.require(Scope.ADMIN)
    if verb not in ("check", "remove", "replace"):
        raise Http404
    try:
        if verb == "check":
            accounts.check(account, actor=door.user)
        elif verb == "remove":
            accounts.remove(account, actor=door.user)
        else:
            accounts.replace(account, request.POST.dict(), actor=door.user)
            messages.success(request, f"{account} has its new values; those before are revoked.")
    except UserError as error:
        say(request, error)
    return redirect("accounts", team)


def _module(vendor: str) -> CloudModule | StorageModule | None:
    """None for what no vendor is called, and for what needs no account."""
    return STORAGES.get(vendor) or (CLOUDS.get(Platform(vendor)) if vendor in set(Platform) else None)


def _enter(request: HttpRequest, door: Door) -> None:
    given = request.POST
    try:
        made = accounts.enter(
            door.team, given.get("platform", ""), given.get("name", "").strip(), given.dict(), actor=door.user
        )
    except UserError as error:
        say(request, error)
        return
    messages.success(request, f"{made} is there.")
