"""Live logs as Server-Sent Events. `Last-Event-ID` resumes; no viewer holds a database connection."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final
from urllib.parse import parse_qs

from asgiref.sync import sync_to_async
from django.db import connections
from django.db.models import Q

from builds.models import LogStream
from core.numbers import whole_number
from dashboard.asgi_session import session_user
from dashboard.hub import END, Hub
from deployments.models import CloudService, Deployment
from projects import tokens
from projects.models import ApiToken, Membership

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_PATH: Final = re.compile(r"/events/streams/(\d{1,18})")
_KEEP_ALIVE_SECONDS: Final = 15
_HEADERS: Final = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]
_hub = Hub()


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    found = _PATH.fullmatch(scope["path"])
    stream_id = int(found[1]) if found else 0
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    if not found or not await sync_to_async(_may_read, thread_sensitive=False)(headers, stream_id):
        await send({"type": "http.response.start", "status": 404, "headers": [(b"content-type", b"text/plain")]})
        await send({"type": "http.response.body", "body": b"There is no such stream.\n"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
    sending = asyncio.create_task(_send_all(send, stream_id, _resume_after(scope, headers)))
    leaving = asyncio.create_task(_left(receive))
    await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
    for task in (sending, leaving):
        task.cancel()
    await asyncio.gather(sending, leaving, return_exceptions=True)


async def _send_all(send: Send, stream_id: int, after: int) -> None:
    async with _hub.following(stream_id, after=after) as viewer:
        while True:
            try:
                chunk = await asyncio.wait_for(viewer.next(), _KEEP_ALIVE_SECONDS)
            except TimeoutError:
                chunk = b": still here\n\n"
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
            if chunk.endswith(END):
                await send({"type": "http.response.body", "body": b""})
                return


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _resume_after(scope: Scope, headers: dict[str, str]) -> int:
    asked = parse_qs(scope["query_string"].decode("latin-1")).get("after", ["-1"])[0]
    last = whole_number(headers.get("last-event-id", asked))
    return -1 if last is None else last


def _may_read(headers: dict[str, str], stream_id: int) -> bool:
    """By the dashboard's session, or by a token that may read."""
    try:
        team_id = LogStream.objects.values_list("team_id", flat=True).filter(pk=stream_id).first()
        if team_id is None:
            return False
        if authorization := headers.get("authorization", ""):
            token = tokens.find(authorization.removeprefix("Bearer "))
            return token is not None and token.team_id == team_id and _token_may_read(token, stream_id)
        user = session_user(headers.get("cookie", ""))
        return user is not None and Membership.objects.filter(team_id=team_id, user=user).exists()
    finally:
        connections.close_all()


def _token_may_read(token: ApiToken, stream_id: int) -> bool:
    if tokens.Scope.READ not in tokens.scopes_of(token):
        return False
    if token.project_id is None:
        return True
    of_stream = Q(stream=stream_id) | Q(build__stream=stream_id) | Q(instance__stream=stream_id)
    if CloudService.objects.filter(stream=stream_id, project=token.project_id).exists():
        return True
    return bool(Deployment.objects.filter(of_stream, project=token.project_id).exists())
