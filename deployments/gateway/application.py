"""The ASGI side of the gateway: wakes, waits, and carries the request that woke. No database connection is held."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from itertools import count
from typing import Any, Final

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import connections
from django.template.loader import render_to_string

from clients.agent_http import AgentAwayError, AgentRequest, AgentUnreachableError, forwarded
from deployments.gateway.lookup import Found, Meaning, look_up, wake

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_LOOK_SECONDS: Final = 0.03
_LOOKS_UNTIL_ASKED_AGAIN: Final = 10
_HOSTNAME: Final = re.compile(r"[a-z0-9.-]{1,253}")
_PAGES: Final[dict[Meaning, tuple[int, str, str]]] = {
    Meaning.UNKNOWN: (404, "There is nothing at this address", "Check the address, or look on the dashboard."),
    Meaning.GONE: (410, "This deployment is gone", "Its branch was deleted, or it was kept for long enough."),
    Meaning.FAILED: (503, "The agent does not start", "Its log on the dashboard says why."),
    Meaning.FULL: (
        503,
        "The agent sleeps, and may not wake now",
        "Its team's other agents use all that may run at once.",
    ),
    Meaning.WAKING: (503, "The agent is still starting", "Try again in a few seconds."),
    Meaning.RUNNING: (502, "The agent broke off", "Its log on the dashboard says why."),
}


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    hostname = _hostname(scope)
    deadline = time.monotonic() + settings.HEALTH_SECONDS
    while True:
        found = await _wait_until_up(hostname, await _in_thread(wake, hostname), deadline)
        if found.meaning is not Meaning.RUNNING:
            await _explain(scope, send, found)
            return
        try:
            await _carry(scope, receive, send, found)
        except AgentAwayError:  # another one's turn came in between
            if time.monotonic() > deadline:
                await _explain(scope, send, found)
                return
            await asyncio.sleep(_LOOK_SECONDS)
        else:
            return


async def _wait_until_up(hostname: str, found: Found, deadline: float) -> Found:
    for look in count(1):
        if found.meaning is not Meaning.WAKING or time.monotonic() > deadline:
            break
        await asyncio.sleep(_LOOK_SECONDS)
        # Asked for again now and then: it may have been put to sleep for another while we wait.
        found = await _in_thread(look_up if look % _LOOKS_UNTIL_ASKED_AGAIN else wake, hostname)
    return found


async def _carry(scope: Scope, receive: Receive, send: Send, found: Found) -> None:
    """Raises AgentAwayError, with nothing read and nothing sent."""
    query = scope["query_string"].decode("latin-1")
    raw_path = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1")
    request = AgentRequest(
        socket=found.socket,
        method=scope["method"],
        target=f"{raw_path}?{query}" if query else raw_path,
        headers=[(name, value) for name, value in scope["headers"] if name != b"x-dexto-gateway"],
        body=body_of(receive),
    )
    started = False
    try:
        async with forwarded(request) as answer:
            started = True
            await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
            async for chunk in answer.body:
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
    except AgentAwayError:
        raise
    except AgentUnreachableError:
        if not started:
            await _explain(scope, send, found)


async def body_of(receive: Receive) -> AsyncIterator[bytes]:
    """A request's body, as it comes."""
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        more = message.get("more_body", False)
        if chunk := message.get("body", b""):
            yield chunk


async def _explain(scope: Scope, send: Send, found: Found) -> None:
    """A page for people, one line for programs; of an agent's failure no more than that it failed."""
    status, title, next_step = _PAGES[found.meaning]
    accepts = dict(scope["headers"]).get(b"accept", b"")
    if b"text/html" in accepts:
        page = render_to_string("gateway.html", {"status": status, "title": title, "next_step": next_step})
        kind, body = b"text/html; charset=utf-8", page.encode()
    else:
        kind, body = b"text/plain; charset=utf-8", f"{title}. {next_step}\n".encode()
    headers = [(b"content-type", kind), (b"cache-control", b"no-store")]
    if status == 503:
        headers.append((b"retry-after", b"5"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _hostname(scope: Scope) -> str:
    """As rows have it: without port, in lower case. "" of what is no hostname, which nobody has."""
    host = bytes(dict(scope["headers"]).get(b"host", b"")).decode("latin-1").lower()
    name = host.partition(":")[0].removesuffix(".")
    return name if _HOSTNAME.fullmatch(name) else ""


async def _in_thread(function: Callable[[str], Found], hostname: str) -> Found:
    def call() -> Found:
        try:
            return function(hostname)
        finally:
            connections.close_all()

    return await sync_to_async(call, thread_sensitive=False)()
