"""What every page knows of this installation."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest


def installation(_request: HttpRequest) -> dict[str, object]:
    return {"public_url": settings.PUBLIC_URL}
