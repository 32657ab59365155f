"""Signing in with a code host: there and back with state and PKCE, by invitation, or to connect one's account."""

from __future__ import annotations

from typing import Final

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET

from clients.code_host import Account
from clients.rate_limits import Limit
from core.errors import DextoError
from dashboard import code_host_session, inviting
from projects import github_clients, identities
from projects.github_apps import LinkedApp, app_at
from projects.models import User
from projects.visitors import address_of

_TRIES: Final = Limit("sign-in-code-host", "30/minute")
_BACKEND: Final = "django.contrib.auth.backends.ModelBackend"


@require_GET
def leave(request: HttpRequest, host: str) -> HttpResponse:
    """To the code host, which asks the person and sends them back."""
    app = _app(host)
    flow = code_host_session.begin(request, _local(request.GET.get("next", "")))
    sign_in = github_clients.sign_in(app)
    return redirect(sign_in.authorize_url(redirect_uri=_back(host), state=flow.state, code_challenge=flow.challenge))


@require_GET
def come_back(request: HttpRequest, host: str) -> HttpResponse:
    app = _app(host)
    flow = code_host_session.end(request, request.GET.get("state", ""))
    if flow is None:
        return _refused(request, "This sign-in was not begun in this browser, or was used already. Try again.")
    if not _TRIES.hit(settings.REDIS_URL, address_of(request)):
        return _refused(request, "Too many tries. Wait a minute, then try again.")
    if not (code := request.GET.get("code", "")):
        return _refused(request, "The code host did not let you sign in.")
    try:
        _sign_in(request, app, code, flow)
    except DextoError as error:
        return _refused(request, f"{error.sentence} {error.next_step}")
    return redirect(flow.after or "home")


@require_GET
def installed(request: HttpRequest) -> HttpResponse:
    """Where the code host sends who installed the app. What they say is not believed: the next page lists what the
    code host says that they have."""
    if not isinstance(request.user, User):
        return redirect("sign-in")
    team = request.session.get("linking_team", "")
    return redirect("link", team) if team else redirect("home")


def _sign_in(request: HttpRequest, app: LinkedApp, code: str, flow: code_host_session.Flow) -> None:
    token = github_clients.sign_in(app).exchange(code, redirect_uri=_back(app.host), code_verifier=flow.verifier)
    account = github_clients.person(app, token.value).user()
    if isinstance(request.user, User):
        identities.connect(request.user, app.host, account)
        inviting.accept_waiting(request, request.user)
    else:
        login(request, _person(request, app, account), backend=_BACKEND)
    code_host_session.keep_token(request, app, token)


def _person(request: HttpRequest, app: LinkedApp, account: Account) -> User:
    user = identities.signed_in(app.host, account, invitation=inviting.waiting(request))
    inviting.forget(request)
    return user


def _app(host: str) -> LinkedApp:
    found = app_at(host)
    if found is None:
        raise Http404
    return found


def _back(host: str) -> str:
    return f"{settings.PUBLIC_URL}{reverse('code-host-back', args=[host])}"


def _local(path: str) -> str:
    """Only an address of our own: a sign-in sends nobody elsewhere."""
    return path if url_has_allowed_host_and_scheme(path, allowed_hosts=None) and path.startswith("/") else ""


def _refused(request: HttpRequest, sentence: str) -> HttpResponse:
    messages.error(request, sentence)
    return redirect("account" if request.user.is_authenticated else "sign-in")
