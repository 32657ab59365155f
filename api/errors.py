"""One shape for every error of the API, that of RFC 9457 (application/problem+json): title, status and detail, and with
them code, message, hint, and where there is one file and line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import structlog
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.http import Http404
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.response import Response

from core.errors import DextoError, PlatformError, UserError

log = structlog.get_logger(__name__)
_CODES = {
    400: ("invalid", "Correct the request."),
    401: ("not_signed_in", "Send `Authorization: Bearer <token>`."),
    403: ("not_allowed", "Use a token with the scope that this needs."),
    404: ("not_found", "Check the name, and that the token belongs to its team."),
    429: ("too_many_tries", "Wait a minute, then send the right token."),
    405: ("method_not_allowed", "See the API's description."),
    413: ("too_large", "Send less at once."),
    415: ("media_type", "Send application/json."),
}


def answer(error: Exception, _context: dict[str, Any]) -> Response | None:
    if isinstance(error, UserError):
        return problem(error, 409)
    if isinstance(error, PlatformError):
        log.error("the platform failed", code=error.code, error=str(error))
        return problem(error, 503)
    if isinstance(error, Http404 | ObjectDoesNotExist):
        return _plain(404, "There is no such thing here.")
    if isinstance(error, PermissionDenied):
        return _plain(403, "This is not allowed.")
    if isinstance(error, APIException):
        refused = _plain(error.status_code, _sentence(error))
        if how_to_sign_in := getattr(error, "auth_header", ""):
            refused["WWW-Authenticate"] = how_to_sign_in
        return refused
    return None  # a fault of ours: Django logs it and answers 500


def problem(error: DextoError, status: int) -> Response:
    about = {"type": f"urn:dexto-cloud:{error.code}", "title": error.sentence, "status": status}
    body = {**about, "detail": error.next_step, **error.as_dict()}
    return Response(body, status=status, content_type="application/problem+json")


def _plain(status: int, sentence: str) -> Response:
    code, hint = _CODES.get(status, ("failed", "Try again."))
    return problem(DextoError(code, sentence, hint), status)


def _sentence(error: APIException) -> str:
    return "; ".join(_reasons(error.detail)) if isinstance(error, ValidationError) else str(error.detail)


def _reasons(detail: Any, place: str = "") -> Iterator[str]:
    """Of each field, also of those in lists and in other fields."""
    before = f"{place}." if place else ""
    if isinstance(detail, dict):
        for name, part in detail.items():
            yield from _reasons(part, f"{before}{name}")
    elif isinstance(detail, list) and any(isinstance(part, dict) for part in detail):
        for index, part in enumerate(detail):
            yield from _reasons(part, f"{before}{index}")
    else:
        reasons = " ".join(map(str, detail)) if isinstance(detail, list) else str(detail)
        yield f"{place}: {reasons}" if place else reasons
