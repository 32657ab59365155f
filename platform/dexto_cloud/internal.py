"""Questions of machines: is everything that we need there, what is measured, is a host ours?"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from typing import Final

from django.conf import settings
from django.db import Error, connection
from django.http import HttpRequest, HttpResponse, JsonResponse

from builds.storage import object_store
from clients.wakes import ping
from core.errors import DextoError
from deployments import domains
from deployments.models import Route
from dexto_cloud.environment import host_of
from dexto_cloud.metrics import exposition


def readyz(_request: HttpRequest) -> HttpResponse:
    """Ready: everything that it needs answers, each named. Whoever sends traffic asks this."""
    states = {name: _state(ask) for name, ask in _DEPENDENCIES.items()}
    is_ready = all(state == "ok" for state in states.values())
    return JsonResponse({"ready": is_ready, **states}, status=200 if is_ready else 503)


def metrics(request: HttpRequest) -> HttpResponse:
    """For Prometheus, with the bearer token that the operator set; without one there is no such page."""
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    expected = settings.METRICS_TOKEN
    if not expected or not secrets.compare_digest(given.encode(), expected.encode()):
        return HttpResponse(status=404)
    return HttpResponse(exposition(), content_type="text/plain; version=0.0.4; charset=utf-8")


def known_host(request: HttpRequest) -> HttpResponse:
    """Caddy asks before it gets a certificate: strangers' names must not use up our allowance."""
    domain = request.GET.get("domain", "").lower()
    known = domain == host_of(settings.PUBLIC_URL) or Route.objects.filter(hostname=domain).exists()
    known = known or domains.serving(domain) is not None
    return HttpResponse(status=200 if known else 404)


def _database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _queue() -> None:
    ping(settings.REDIS_URL)


def _objects() -> None:
    object_store().exists("readyz")


_DEPENDENCIES: Final[Mapping[str, Callable[[], None]]] = {
    "database": _database,
    "queue": _queue,
    "objects": _objects,
}


def _state(ask: Callable[[], None]) -> str:
    try:
        ask()
    except (Error, DextoError, OSError) as error:
        return type(error).__name__  # its words may name hosts and users
    return "ok"
