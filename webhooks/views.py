"""Intake: verify, record, answer. What a delivery means is found out after the answer."""

from __future__ import annotations

import json
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from clients.rate_limits import Limit
from core.errors import UserError
from projects.github_apps import webhook_secret
from projects.visitors import address_of
from webhooks.ledger import record
from webhooks.signatures import HEADER, is_signed

_GITHUB: Final = "github.com"
_HERE: Final = "origin"
_SENDER: Final = "X-GitHub-Enterprise-Host"
_MAX_ID: Final = 2**63
_BAD_SIGNATURES: Final = Limit("bad-signatures", "120/minute")


@csrf_exempt
@require_POST
def github(request: HttpRequest) -> HttpResponse:
    """202 once it is in the ledger, also for a duplicate. 413, 401 and 400 leave no trace."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > settings.MAX_DELIVERY_BYTES:
        return _refused(413, "delivery_too_large", "The body has more than 25 MiB.", "GitHub never sends one so large.")
    body = request.body
    if len(body) > settings.MAX_DELIVERY_BYTES:
        return _refused(413, "delivery_too_large", "The body has more than 25 MiB.", "GitHub never sends one so large.")
    host = request.headers.get(_SENDER, _GITHUB)[:100]
    if not is_signed(_secret_of(host), body, request.headers.get(HEADER, "")):
        return _badly_signed(request)
    return _recorded(request, body, host)


def _secret_of(host: str) -> str:
    """Each host's app has its own, so that no host can speak for another. The installation's own is that of the
    repositories that live here, and of a webhook that somebody set by hand at a host without an app."""
    known = None if host == _HERE else webhook_secret(host)
    return known or settings.WEBHOOK_SECRET


def _badly_signed(request: HttpRequest) -> HttpResponse:
    """Counted only here, so that a good delivery costs no look at the counter."""
    if not _BAD_SIGNATURES.hit(settings.REDIS_URL, address_of(request)):
        return _refused(429, "too_many_tries", "Too many bad signatures came from here.", "Wait a minute.")
    return _refused(401, "bad_signature", "The signature does not fit the body.", "Use the same secret on both sides.")


def _recorded(request: HttpRequest, body: bytes, host: str) -> HttpResponse:
    guid, event = request.headers.get("X-GitHub-Delivery", ""), request.headers.get("X-GitHub-Event", "")
    if not guid or not event or len(guid) > 100 or len(event) > 60:
        return _refused(
            400, "headers_missing", "X-GitHub-Delivery or X-GitHub-Event is missing.", "Send it as GitHub does."
        )
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError):
        return _refused(
            400, "malformed_json", "The body is not JSON.", "Set the webhook's content type to application/json."
        )
    created = record(guid, host=host, event=event, repository_id=_repository_id(payload), body=body)
    return JsonResponse({"delivery": guid, "status": "accepted" if created else "duplicate"}, status=202)


def _repository_id(payload: Any) -> int | None:
    repository = payload.get("repository") if isinstance(payload, dict) else None
    identifier = repository.get("id") if isinstance(repository, dict) else None
    if isinstance(identifier, int) and not isinstance(identifier, bool) and 0 <= identifier < _MAX_ID:
        return identifier
    return None


def _refused(status: int, code: str, sentence: str, next_step: str) -> HttpResponse:
    return JsonResponse(UserError(code, sentence, next_step).as_dict(), status=status)
