"""One-time sign-in links: what `up` prints, so that nobody needs a password on their own machine."""

from __future__ import annotations

from typing import Final

from django.conf import settings
from django.core import signing

from projects.models import User

_SALT: Final = "dashboard.sign-in"
_SECONDS: Final = 24 * 3600


def link_for(user: User) -> str:
    token = signing.dumps([user.pk, _stamp(user)], salt=_SALT)
    return f"{settings.PUBLIC_URL}/sign-in/{token}"


def user_of(token: str) -> User | None:
    """The person whose link it is. It works once: signing in changes the stamp that it holds."""
    try:
        pk, stamp = signing.loads(token, salt=_SALT, max_age=_SECONDS)
    except (signing.BadSignature, ValueError):
        return None
    user = User.objects.filter(pk=pk, is_active=True).first()
    return user if user and _stamp(user) == stamp else None


def _stamp(user: User) -> str:
    return user.last_login.isoformat() if user.last_login else ""
