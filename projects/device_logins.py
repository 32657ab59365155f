"""Signing a command line in from a browser, as RFC 8628 has it: the command shows a code, the person compares it on a
page and says yes, the command fetches its token. No password and no token is typed anywhere."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from typing import Final

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from core.errors import UserError
from projects import tokens
from projects.models import DeviceLogin, Team, User
from projects.tokens import Scope

SECONDS: Final = 600
#: No vowels, nothing that looks like another: nobody reads a word into it, nobody mistypes it.
_LETTERS: Final = "BCDFGHJKLMNPQRSTVWXZ"


@dataclass(frozen=True, slots=True)
class Begun:
    """`device_code` is the command's secret; `user_code` is what a person sees on both sides."""

    user_code: str
    device_code: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Collected:
    team: str
    token: str = field(repr=False)


def begin(machine: str) -> Begun:
    code = "".join(secrets.choice(_LETTERS) for _ in range(8))
    begun = Begun(f"{code[:4]}-{code[4:]}", secrets.token_urlsafe(32))
    DeviceLogin.objects.filter(expires_at__lt=Now()).delete()
    DeviceLogin.objects.create(
        digest=_digest(begun.device_code),
        user_code=begun.user_code,
        machine=machine[:100],
        expires_at=timezone.now() + timedelta(seconds=SECONDS),
    )
    return begun


def waiting(user_code: str) -> DeviceLogin | None:
    """The one that shows this code, however it was typed."""
    letters = "".join(letter for letter in user_code.upper() if letter.isalpha())
    rows = DeviceLogin.objects.filter(user=None, refused=False, expires_at__gt=Now())
    found: DeviceLogin | None = rows.filter(user_code=f"{letters[:4]}-{letters[4:]}").first()
    return found


def approve(login: DeviceLogin, team: Team, user: User, scopes: frozenset[Scope]) -> None:
    """Only once: who comes second approves nothing."""
    rows = DeviceLogin.objects.filter(pk=login.pk, user=None, refused=False)
    rows.update(team=team, user=user, scopes=sorted(scopes))


def refuse(login: DeviceLogin) -> None:
    DeviceLogin.objects.filter(pk=login.pk, user=None).update(refused=True)


def collect(device_code: str) -> Collected | None:
    """The token, for this once; None while nobody has said yes or no. Raises UserError device_login_ended."""
    with transaction.atomic():
        rows = DeviceLogin.objects.select_for_update(of=("self",)).select_related("team", "user")
        login = rows.filter(digest=_digest(device_code), expires_at__gt=Now()).first()
        if login is None or login.refused:
            raise UserError("device_login_ended", "Nobody approved this sign-in.", "Run `dexto-cloud login` again.")
        if login.team is None or login.user is None:
            return None
        text = tokens.mint(login.team, login.user, login.machine, scopes=frozenset(map(Scope, login.scopes)))
        login.delete()
        return Collected(login.team.slug, text)


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()
