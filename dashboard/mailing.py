"""Mail to people: a link to a new password, and one that proves an address."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core import signing
from django.db.models import Q
from django.utils.http import base36_to_int, int_to_base36

from projects import mail
from projects.models import User

_CONFIRMING = "dashboard.mail-address"
_CONFIRM_SECONDS = 24 * 3600
_RESET = """Somebody asked for a new password for {name} at {site}.

    {link}

The link works once, for an hour. Was it not you? Then do nothing: your password is as it was.
"""
_CONFIRM = """{name} at {site} wants to be reached at this address.

    {link}

The link works for a day. Was it not you? Then do nothing.
"""


def send_resets(who: str) -> int:
    """To everybody of that name or address, each with a link of their own; returns to how many. Raises OSError."""
    named = Q(username=who) | Q(email__iexact=who)
    people = [one for one in User.objects.filter(named, is_active=True) if one.email] if who else []
    for person in people:
        _send(person, person.email, "A new password", _RESET, f"sign-in/reset/{_reset_token(person)}")
    return len(people)


def person_of_reset(token: str) -> User | None:
    """Whose link it is. A new password, a sign-in or an hour makes it worthless."""
    number, _, proof = token.partition("-")
    try:
        person = User.objects.filter(pk=base36_to_int(number), is_active=True).first()
    except (ValueError, OverflowError):
        return None
    return person if person is not None and default_token_generator.check_token(person, proof) else None


def send_confirmation(person: User, address: str) -> None:
    """To an address that is not theirs until its link was followed. Raises OSError."""
    token = signing.dumps([person.pk, person.email, address], salt=_CONFIRMING)
    _send(person, address, "Your address", _CONFIRM, f"account/address/{token}")


def confirmed_address(person: User, token: str) -> str:
    """The address that a link proves; "" where it is another person's, too old, or used."""
    try:
        pk, before, address = signing.loads(token, salt=_CONFIRMING, max_age=_CONFIRM_SECONDS)
    except (signing.BadSignature, ValueError):
        return ""
    return str(address) if (pk, before) == (person.pk, person.email) else ""


def _reset_token(person: User) -> str:
    return f"{int_to_base36(person.pk)}-{default_token_generator.make_token(person)}"


def _send(person: User, address: str, subject: str, text: str, path: str) -> None:
    """The link leads to where the installation is, whatever host a request named."""
    body = text.format(name=person.get_username(), site=settings.PUBLIC_URL, link=f"{settings.PUBLIC_URL}/{path}")
    mail.send(address, subject, body)
