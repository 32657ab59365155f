"""One request to the long-lived side, through its own ASGI application."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from asgiref.testing import ApplicationCommunicator
from dexto_cloud.asgi import application


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


def ask(path: str, *, method: str = "GET", body: bytes = b"", headers: Mapping[str, str] | None = None) -> Answer:
    """The whole answer; not for streams without an end."""
    return asyncio.run(_ask(path, method, body, headers or {}))


def basic(token: str) -> dict[str, str]:
    """As git sends it: any user, the token as the password."""
    return {"authorization": f"Basic {base64.b64encode(f'git:{token}'.encode()).decode()}"}


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


async def _ask(path: str, method: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    place, _, query = path.partition("?")
    scope = {
        "type": "http",
        "method": method,
        "path": place,
        "raw_path": place.encode(),
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    communicator = ApplicationCommunicator(application, scope)
    await communicator.send_input({"type": "http.request", "body": body, "more_body": False})
    start: dict[str, Any] = await communicator.receive_output(20)
    chunks, more = [], True
    while more:
        message = await communicator.receive_output(20)
        chunks.append(message.get("body", b""))
        more = message.get("more_body", False)
    await communicator.wait(20)
    return Answer(
        start["status"], {name.decode(): value.decode() for name, value in start["headers"]}, b"".join(chunks)
    )
