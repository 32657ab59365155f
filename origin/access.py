"""Who may do what with a repository over HTTP."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from origin.cloning import may_clone
from origin.models import OriginRepository
from projects import tokens
from projects.models import ApiToken, Environment
from projects.tokens import Scope


@dataclass(frozen=True, slots=True)
class Granted:
    origin: OriginRepository
    pusher: str


def grant(authorization: str, name: str, *, write: bool) -> Granted | None:
    """`name` is a project's slug, or `-/<number>` for a builder. None: as if it were not there."""
    token = _password(authorization)
    if not token:
        return None
    if name.startswith("-/"):
        return None if write else _for_builder(name.removeprefix("-/"), token)
    found = tokens.find(token)
    if found is None or (Scope.DEPLOY if write else Scope.READ) not in tokens.scopes_of(found):
        return None
    if write and found.environment not in ("", Environment.PRODUCTION):
        return None  # a push may go to any branch
    return _for_token(found, name)


def _for_token(token: ApiToken, slug: str) -> Granted | None:
    rows = OriginRepository.objects.for_team(token.team).filter(repository__projects__slug=slug, hosted=True)
    if token.project_id:
        rows = rows.filter(repository__projects=token.project_id)
    origin = rows.select_related("team").first()
    return Granted(origin, token.user.get_username()) if origin else None


def _for_builder(number: str, token: str) -> Granted | None:
    origin = OriginRepository.objects.filter(pk=number).first() if number.isdigit() else None
    return Granted(origin, "") if origin and may_clone(origin, token) else None


def _password(authorization: str) -> str:
    """Of HTTP Basic: git asks for a user too, whose name says nothing here."""
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(encoded, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""
