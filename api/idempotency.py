"""The header `Idempotency-Key`: what makes something may be sent again, after a lost answer, and makes one thing."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
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
from projects.models import AnsweredRequest, Team
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
        once = Once(view.token.team, key, _digest(request), sealed=getattr(view, "answers_secrets", False))
        return _once(once, lambda: post(view, request, *arguments, **names))

    return asked


@dataclass(frozen=True, slots=True)
class Once:
    """Whose request it is, and which. `sealed`: its answer holds a secret, which is kept sealed."""

    team: Team
    key: str
    digest: str
    sealed: bool

    def kept(self, answer: Response) -> Any:
        body = json.dumps(answer.data, default=str)
        return locked(body, purpose=self._purpose) if self.sealed else json.loads(body)

    def opened(self, row: AnsweredRequest) -> Any:
        """Raises UserError where the key that sealed it is gone."""
        if not self.sealed:
            return row.body
        text = unlocked(str(row.body), purpose=self._purpose)
        if text is None:
            raise UserError("idempotency_key", "Its answer can be read no longer.", "Look at what there is.")
        return json.loads(text)

    @property
    def _purpose(self) -> str:
        return f"answer:{self.team.pk}:{self.key}"


def _once(once: Once, post: Callable[[], Response]) -> Response:
    """A second one that comes while the first is at it waits for the row."""
    team, key = once.team, once.key
    with transaction.atomic():
        AnsweredRequest.objects.for_team(team).filter(key=key, created_at__lt=Now() - _KEPT).delete()
        row, is_new = AnsweredRequest.objects.get_or_create(team=team, key=key, defaults={"digest": once.digest})
        if not is_new:
            return _again(row, once)
        answer = post()
        AnsweredRequest.objects.filter(pk=row.pk).update(status=answer.status_code, body=once.kept(answer))
        return answer


def _again(row: AnsweredRequest, once: Once) -> Response:
    if row.digest != once.digest:
        raise UserError(
            "idempotency_key",
            "This key was sent with another request.",
            "Use a new key for each thing that you want to be done.",
        )
    return Response(once.opened(row), status=row.status, headers={"Idempotent-Replayed": "true"})


def _digest(request: Request) -> str:
    parts = [str(request.auth.pk), request.method or "", request.get_full_path(), json.dumps(request.data, default=str)]
    return sha256("\0".join(parts).encode()).hexdigest()
