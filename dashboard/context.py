"""What every page knows of this installation."""

from __future__ import annotations

from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from builds.sandboxes import Protection, protection


def installation(_request: HttpRequest) -> dict[str, object]:
    return {"public_url": settings.PUBLIC_URL, "protection": SimpleLazyObject(_protection)}


@lru_cache(maxsize=1)
def _protection() -> Protection:
    """Tried once: what this machine can do does not change while it runs."""
    return protection()
