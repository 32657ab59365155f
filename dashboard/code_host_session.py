"""What a browser's session holds of a person's sign-in at a code host: the flow that is under way, and their token."""

from __future__ import annotations

import secrets
import time
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final

from django.http import HttpRequest

from clients.code_host import CodeHostUser, UserToken
from projects.github_apps import LinkedApp
from projects.github_clients import person
from projects.models import CodeHostIdentity
from projects.secrets import locked, unlocked

_FLOW: Final = "code_host_flow"
_TOKENS: Final = "code_host_tokens"
_PURPOSE: Final = "session token of"
_LEAST_SECONDS: Final = 60  # a page asks for longer than a moment


@dataclass(frozen=True, slots=True)
class Flow:
    """One way to the code host and back. `verifier` is the secret half of PKCE."""

    state: str = field(repr=False)
    verifier: str = field(repr=False)
    after: str

    @property
    def challenge(self) -> str:
        return urlsafe_b64encode(sha256(self.verifier.encode()).digest()).rstrip(b"=").decode()


def begin(request: HttpRequest, after: str) -> Flow:
    flow = Flow(secrets.token_urlsafe(32), secrets.token_urlsafe(48), after)
    request.session[_FLOW] = [flow.state, flow.verifier, flow.after]
    return flow


def end(request: HttpRequest, state: str) -> Flow | None:
    """The flow that this session began, for this once; None for anybody else's."""
    kept: Any = request.session.pop(_FLOW, None)
    if not kept or not secrets.compare_digest(str(kept[0]).encode(), state.encode("utf-8", "replace")):
        return None
    return Flow(*kept)


def keep_token(request: HttpRequest, app: LinkedApp, token: UserToken) -> None:
    """Encrypted, in the session and nowhere else, for as long as it is good."""
    kept = locked(token.value, purpose=f"{_PURPOSE} {request.user.pk}")
    good_until = None if token.expires_in_seconds is None else time.time() + token.expires_in_seconds
    request.session[_TOKENS] = {**request.session.get(_TOKENS, {}), app.host: [kept, good_until]}


def drop_token(request: HttpRequest, host: str) -> None:
    request.session[_TOKENS] = {name: one for name, one in request.session.get(_TOKENS, {}).items() if name != host}


def person_at(request: HttpRequest, app: LinkedApp) -> CodeHostUser | None:
    """With what they may see there; None until they sign in at the code host (again)."""
    kept, good_until = request.session.get(_TOKENS, {}).get(app.host, ("", None))
    if good_until is not None and good_until < time.time() + _LEAST_SECONDS:
        drop_token(request, app.host)
        return None
    token = unlocked(kept, purpose=f"{_PURPOSE} {request.user.pk}") if kept else None
    known = CodeHostIdentity.objects.filter(user=request.user.pk, host=app.host, revoked_at=None)
    return person(app, token) if token and known.exists() else None
