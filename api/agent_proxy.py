"""Passes requests on to an agent's own /api/*, for clients that hold a token of the platform instead of the agent's.

Runs among the long-lived processes: an answer may be a stream. What comes back is the agent's, not wrapped.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

from asgiref.sync import sync_to_async
from django.db import connections

from deployments.gateway import application as gateway
from deployments.models import Route, RouteKind
from projects import tokens
from projects.tokens import Scope as TokenScope

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

PATH: Final = re.compile(
    r"/api/cloud-agents/(?P<agent>[a-z0-9-]+)/agent"
    r"(?P<rest>/(?:sessions(?:/[^/]+(?:/(?:history|reset|cancel))?)?|approvals(?:/[^/]+)?|message-stream|reset))"
)
#: The agent sees neither the platform's token nor its cookies.
_OURS: Final = frozenset({b"host", b"authorization", b"cookie", b"x-dexto-gateway"})


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    found = PATH.fullmatch(scope["path"])
    headers = dict(scope["headers"])
    authorization = headers.get(b"authorization", b"").decode("latin-1")
    hostname = await _in_thread(_hostname, authorization, found["agent"]) if found else ""
    if not found or not hostname:
        await _refuse(send)
        return
    path = f"/api{found['rest']}"
    passed_on = [(name, value) for name, value in scope["headers"] if name.lower() not in _OURS]
    inner = {**scope, "path": path, "raw_path": path.encode(), "headers": [(b"host", hostname.encode()), *passed_on]}
    await gateway.application(inner, receive, send)


def _hostname(authorization: str, slug: str) -> str:
    """Of the agent in production, if the token may deploy it; "" as if it were not there."""
    try:
        token = tokens.find(authorization.removeprefix("Bearer "))
        if token is None or TokenScope.DEPLOY not in tokens.scopes_of(token):
            return ""
        routes = Route.objects.for_team(token.team).filter(
            project__slug=slug, project__deleted_at=None, kind=RouteKind.PRODUCTION
        )
        if token.project_id:
            routes = routes.filter(project=token.project_id)
        return str(routes.values_list("hostname", flat=True).first() or "")
    finally:
        connections.close_all()


async def _refuse(send: Send) -> None:
    body = json.dumps({"success": False, "error": "There is no such agent.", "hint": "Check its id and the token."})
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": 404, "headers": headers})
    await send({"type": "http.response.body", "body": body.encode()})


async def _in_thread(function: Callable[..., str], *arguments: str) -> str:
    return await sync_to_async(function, thread_sensitive=False)(*arguments)
