"""The header `Idempotency-Key`: what makes something may be sent again, after a lost answer, and makes one thing."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from hashlib import sha256
from typing import Any, Final

from django.db import transaction
from django.db.models.functions import Now
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from core.errors import UserError
from projects.models import AnsweredRequest
from projects.secrets import locked, unlocked

_KEPT: Final = timedelta(hours=24)
_LONGEST: Final = 200
PARAMETER: Final = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="Chosen by you. The same request with the same key, within a day, is answered as the first one was.",
)


def answered_once(post: Callable[..., Response]) -> Callable[..., Response]:
    """Of a view's method. What was refused is not kept: it did nothing, and may be asked again."""

    @wraps(post)
    def asked(view: Any, request: Request, *arguments: Any, **names: Any) -> Response:
        key = request.headers.get("Idempotency-Key", "")
        if not key:
            return post(view, request, *arguments, **names)
        if len(key) > _LONGEST:
            raise UserError("idempotency_key", f"The key is longer than {_LONGEST} characters.", "Use a UUID.")
        return _once(view.token.team, key, _digest(request), lambda: post(view, request, *arguments, **names))

    return asked


def _once(team: Any, key: str, digest: str, post: Callable[[], Response]) -> Response:
    """A second one that comes while the first is at it waits for the row."""
    with transaction.atomic():
        AnsweredRequest.objects.for_team(team).filter(key=key, created_at__lt=Now() - _KEPT).delete()
        row, is_new = AnsweredRequest.objects.get_or_create(team=team, key=key, defaults={"digest": digest})
        if not is_new:
            return _again(row, digest)
        answer = post()
        body = locked(json.dumps(answer.data, default=str), purpose=_purpose(row))
        AnsweredRequest.objects.filter(pk=row.pk).update(status=answer.status_code, body=body)
        return answer


def _again(row: AnsweredRequest, digest: str) -> Response:
    if row.digest != digest:
        raise UserError(
            "idempotency_key",
            "This key was sent with another request.",
            "Use a new key for each thing that you want to be done.",
        )
    body = unlocked(str(row.body), purpose=_purpose(row))
    if body is None:
        raise UserError(
            "idempotency_key",
            "What this key was answered cannot be read any more: the installation's encryption key is gone.",
            "Look whether it was done, and use a new key.",
        )
    return Response(json.loads(body), status=row.status, headers={"Idempotent-Replayed": "true"})


def _purpose(row: AnsweredRequest) -> str:
    """An answer may hold what is shown once, such as a token's text: kept as sessions keep theirs."""
    return f"answer {row.pk}"


def _digest(request: Request) -> str:
    parts = [str(request.auth.pk), request.method or "", request.get_full_path(), json.dumps(request.data, default=str)]
    return sha256("\0".join(parts).encode()).hexdigest()
