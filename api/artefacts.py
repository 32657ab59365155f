"""The artefact address: where a vendor that takes no upload fetches a bundle, at each start of the agent, months later
as well. It answers with a redirect to the store, signed for now, or with the content."""

from __future__ import annotations

import re
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.views.decorators.http import require_safe

from builds.models import Bundle, BundleArchive
from clients.rate_limits import Limit
from deployments import artefacts
from projects.visitors import address_of

_WRONG_TOKENS: Final = Limit("wrong-artefact-tokens", "60/minute")
#: An agent that cannot start is started again and again; that is no reason to send its bundle each time.
_FETCHES: Final = Limit("artefact-fetches", "120/minute")
_RANGE: Final = re.compile(r"bytes=(\d+)-(\d*)")


@require_safe
def artefact(request: HttpRequest, public_id: str) -> HttpResponse:
    """By the bearer token of its deployment, and by nothing else."""
    answer = _answered(request, public_id)
    answer["Cache-Control"] = "no-store"
    return answer


def _answered(request: HttpRequest, public_id: str) -> HttpResponse:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    deployment = artefacts.admitted(public_id, token) if scheme.lower() == "bearer" and token else None
    if deployment is None:
        if not _WRONG_TOKENS.hit(settings.REDIS_URL, address_of(request)):
            return _busy()
        refused = _said(401, "This address needs the token of its release, as a bearer.")
        refused["WWW-Authenticate"] = "Bearer"
        return refused
    if not _FETCHES.hit(settings.REDIS_URL, public_id):
        return _busy()
    if deployment.bundle is None or deployment.expired_at is not None:
        return _said(410, "The bundle of this deployment is no longer kept.")
    return _handed_out(request, deployment.bundle)


def _handed_out(request: HttpRequest, bundle: Bundle) -> HttpResponse:
    archive = artefacts.archive_of(bundle)
    if request.method == "HEAD":
        return _with_digest(HttpResponse(headers={"Content-Length": str(archive.size)}), archive)
    if address := artefacts.public_address(archive):
        return HttpResponseRedirect(address)
    return _with_digest(_ranged(request, artefacts.content_of(archive)), archive)


def _ranged(request: HttpRequest, content: bytes) -> HttpResponse:
    """All of it, or the one range that is asked for: a download that broke off goes on."""
    wanted = _RANGE.fullmatch(request.headers.get("Range", ""))
    if wanted is None:
        return HttpResponse(content)
    first, last = int(wanted[1]), min(int(wanted[2] or len(content)), len(content) - 1)
    if first > last:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{len(content)}"})
    headers = {"Content-Range": f"bytes {first}-{last}/{len(content)}"}
    return HttpResponse(content[first : last + 1], status=206, headers=headers)


def _with_digest(answer: HttpResponse, archive: BundleArchive) -> HttpResponse:
    answer["Content-Type"] = "application/gzip"
    answer["ETag"] = f'"{archive.sha256}"'
    answer["Accept-Ranges"] = "bytes"
    return answer


def _busy() -> HttpResponse:
    answer = _said(429, "Too often. Try again in a minute.")
    answer["Retry-After"] = "60"
    return answer


def _said(status: int, sentence: str) -> HttpResponse:
    return JsonResponse({"message": sentence}, status=status)
