"""Live logs, and word of changes, as Server-Sent Events. `Last-Event-ID` resumes a log; no viewer holds a database
connection."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, MutableMapping
from contextlib import aclosing
from typing import Any, Final
from urllib.parse import parse_qs

from asgiref.sync import sync_to_async
from django.db import connections
from django.db.models import Q

from builds.models import LogStream
from core.numbers import whole_number
from dashboard import watching
from dashboard.asgi_session import session_user
from dashboard.hub import CHANGED, END, Hub
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
_watch = watching.Watch()


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    words = await _words(scope)
    if words is None:
        await send({"type": "http.response.start", "status": 404, "headers": [(b"content-type", b"text/plain")]})
        await send({"type": "http.response.body", "body": b"There is no such stream.\n"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
    sending = asyncio.create_task(_send_all(send, words))
    leaving = asyncio.create_task(_left(receive))
    await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
    for task in (sending, leaving):
        task.cancel()
    await asyncio.gather(sending, leaving, return_exceptions=True)


async def _words(scope: Scope) -> AsyncGenerator[bytes, None] | None:
    """What the address tells to who asks; None where it is none, or not theirs."""
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    asked = parse_qs(scope["query_string"].decode("latin-1"))
    if found := _PATH.fullmatch(scope["path"]):
        stream_id = int(found[1])
        if await sync_to_async(_may_read, thread_sensitive=False)(headers, stream_id):
            return _lines(stream_id, after=_resume_after(asked, headers))
    elif found := watching.PATH.fullmatch(scope["path"]):
        subject = watching.Subject(found[1], int(found[2]))
        if await sync_to_async(watching.may_watch, thread_sensitive=False)(headers.get("cookie", ""), subject):
            return _changes(subject, seen=whole_number(asked.get("seen", [""])[0]))
    return None


async def _lines(stream_id: int, *, after: int) -> AsyncGenerator[bytes, None]:
    async with _hub.following(stream_id, after=after) as viewer:
        chunk = b""
        while not chunk.endswith(END):
            chunk = await _or_still_here(viewer.next())
            yield chunk


async def _changes(subject: watching.Subject, *, seen: int | None) -> AsyncGenerator[bytes, None]:
    async with _watch.watching(subject, seen=seen) as changed:
        while True:
            yield await _or_still_here(_told(changed))


async def _told(changed: asyncio.Event) -> bytes:
    await changed.wait()
    changed.clear()
    return CHANGED


async def _or_still_here(word: Awaitable[bytes]) -> bytes:
    try:
        return await asyncio.wait_for(word, _KEEP_ALIVE_SECONDS)
    except TimeoutError:
        return b": still here\n\n"


async def _send_all(send: Send, words: AsyncGenerator[bytes, None]) -> None:
    async with aclosing(words):
        async for word in words:
            await send({"type": "http.response.body", "body": word, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _resume_after(asked: Mapping[str, list[str]], headers: Mapping[str, str]) -> int:
    last = whole_number(headers.get("last-event-id", asked.get("after", ["-1"])[0]))
    return -1 if last is None else last


def _may_read(headers: Mapping[str, str], stream_id: int) -> bool:
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
