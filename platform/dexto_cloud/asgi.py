"""The long-lived side: live logs, git, and requests for agents that sleep. Pages are served by WSGI."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dexto_cloud.settings")
django.setup(set_prefix=False)

from api import agent_proxy  # noqa: E402  # models exist only now
from dashboard import chat, live  # noqa: E402  # models exist only now
from deployments.gateway import application as gateway  # noqa: E402
from origin import smart_http  # noqa: E402

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """By what the edge says, then by path."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1013})  # try again: the agent is being woken
        return
    if any(name == b"x-dexto-gateway" for name, _value in scope["headers"]):
        await gateway.application(scope, receive, send)
    else:
        await _on_our_own_host(scope, receive, _with_headers(send))


async def _on_our_own_host(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["path"] == "/healthz":
        await _well(send)
    elif scope["path"].startswith("/git/"):
        await smart_http.application(scope, receive, send)
    elif scope["path"].startswith(chat.PREFIX):
        await chat.application(scope, receive, send)
    elif scope["path"].startswith("/api/"):
        await agent_proxy.application(scope, receive, send)
    else:
        await live.application(scope, receive, send)


def _with_headers(send: Send) -> Send:
    """Nothing here is a page, whoever wrote it: an agent's words on our host run nothing and set no cookie."""

    async def sent(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            own = [(name, value) for name, value in message.get("headers", ()) if name.lower() not in _NOT_THEIRS]
            message = {**message, "headers": [*own, *_HEADERS]}
        await send(message)

    return sent


_HEADERS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'; sandbox"),
)
_NOT_THEIRS: Final = frozenset({b"set-cookie", *(name for name, _value in _HEADERS)})


async def _well(send: Send) -> None:
    """That the loop turns: who holds no database connection has nothing more to say."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"ok\n"})
