"""Questions of machines inside: is a host ours? The edge lets nobody else ask."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from deployments.models import Route
from dexto_cloud.environment import host_of


def known_host(request: HttpRequest) -> HttpResponse:
    """Caddy asks before it gets a certificate: strangers' names must not use up our allowance."""
    domain = request.GET.get("domain", "").lower()
    known = domain == host_of(settings.PUBLIC_URL) or Route.objects.filter(hostname=domain).exists()
    return HttpResponse(status=200 if known else 404)
