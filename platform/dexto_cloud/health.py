"""Whether a web process is alive: for who looks after it. Needs no model, so that every kind of process can answer."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse


def healthz(_request: HttpRequest) -> HttpResponse:
    """It answers. Who restarts processes asks this, and must not restart them for an outage elsewhere: see readyz."""
    return HttpResponse("ok\n", content_type="text/plain")
