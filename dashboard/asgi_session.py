"""Who asks, for the long-lived processes: they run without Django's middleware."""

from __future__ import annotations

from http.cookies import CookieError, SimpleCookie
from importlib import import_module

from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest

from projects.models import User


def session_user(cookie: str) -> User | None:
    """By the header `Cookie`."""
    try:
        key = SimpleCookie(cookie).get(settings.SESSION_COOKIE_NAME)
    except CookieError:
        return None
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(key.value if key else None)
    user = get_user(request)
    return user if isinstance(user, User) else None
