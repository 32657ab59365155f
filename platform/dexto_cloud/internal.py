"""Questions of machines: is the process well, and is a host ours?"""

from __future__ import annotations

from django.conf import settings
from django.db import Error, connection
from django.http import HttpRequest, HttpResponse

from deployments.models import Route
from dexto_cloud.environment import host_of


def healthz(_request: HttpRequest) -> HttpResponse:
    try:
        connection.ensure_connection()
    except Error:
        return HttpResponse("the database does not answer\n", status=503, content_type="text/plain")
    return HttpResponse("ok\n", content_type="text/plain")


def known_host(request: HttpRequest) -> HttpResponse:
    """Caddy asks before it gets a certificate: strangers' names must not use up our allowance."""
    domain = request.GET.get("domain", "").lower()
    known = domain == host_of(settings.PUBLIC_URL) or Route.objects.filter(hostname=domain).exists()
    return HttpResponse(status=200 if known else 404)
