"""The page on which a person says yes or no to a command line that wants to sign in as them."""

from __future__ import annotations

from typing import Final

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from clients.rate_limits import Limit
from dashboard.doors import enter
from projects import device_logins
from projects.models import DeviceLogin, Team, User
from projects.tokens import Scope
from projects.visitors import address_of

_GUESSES: Final = Limit("device-codes", "20/minute")


@login_required
@require_http_methods(["GET", "POST"])
def device(request: HttpRequest) -> HttpResponse:
    code = (request.POST or request.GET).get("code", "")[:20]
    if code and not _GUESSES.hit(settings.REDIS_URL, address_of(request)):
        return render(request, "device.html", {"too_often": True}, status=429)
    login = device_logins.waiting(code) if code else None
    if request.method == "POST" and login:
        return _answered(request, login)
    teams = Team.objects.of(request.user) if isinstance(request.user, User) else []
    return render(request, "device.html", {"code": code, "login": login, "teams": teams})


def _answered(request: HttpRequest, login: DeviceLogin) -> HttpResponse:
    if "refuse" in request.POST:
        device_logins.refuse(login)
        messages.info(request, "Refused. The command has ended.")
        return redirect("home")
    door = enter(request, request.POST.get("team", ""))
    wanted = frozenset({Scope.READ, Scope.DEPLOY, Scope.CONFIGURE})
    device_logins.approve(login, door.team, door.user, wanted & door.scopes)
    messages.success(request, f"{login.machine} is signed in. Go back to the terminal.")
    return redirect("tokens", door.team.slug)
