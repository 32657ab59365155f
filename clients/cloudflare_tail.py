"""What a Worker says while it runs: Cloudflare's tail, a WebSocket of traces."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from clients.cloudflare import Cloudflare
from core.errors import PlatformError

_PROTOCOL: Final = Subprotocol("trace-v1")
_LOOK_SECONDS: Final = 1.0
#: The first line: nothing follows it until somebody calls the Worker.
BEGINS: Final = "Cloudflare tells what happens from now on; what was before is in its dashboard, under Observability."


@dataclass(frozen=True, slots=True)
class TraceLine:
    at: datetime
    text: str
    id: str


def tail(cloudflare: Cloudflare, account: str, script: str) -> Iterator[TraceLine]:
    """What happens from now on, until the iterator is closed or Cloudflare ends the tail."""
    root = f"/accounts/{account}/workers/scripts/{script}/tails"
    started = cloudflare.ask("POST", root, json={})
    try:
        with _connected(started["url"]) as socket:
            yield TraceLine(datetime.now(UTC), BEGINS, "")
            for message in _messages(socket, cloudflare.check):
                yield from lines(json.loads(message))
    finally:
        cloudflare.gone(f"{root}/{started['id']}")


def lines(trace: Mapping[str, Any]) -> Iterator[TraceLine]:
    """Of one invocation: what it was, what it logged, what it threw."""
    began = trace.get("eventTimestamp") or 0
    said = [(began, f"{_event(trace.get('event') or {})}{_outcome(trace.get('outcome'))}")]
    said += [(one["timestamp"], f"{one['level']}: {_words(one['message'])}") for one in trace.get("logs") or []]
    said += [(one["timestamp"], f"{one['name']}: {one['message']}") for one in trace.get("exceptions") or []]
    for number, (milliseconds, text) in enumerate(said):
        yield TraceLine(datetime.fromtimestamp(milliseconds / 1000, UTC), text, f"{began}-{number}")


@contextmanager
def _connected(url: str) -> Iterator[ClientConnection]:
    try:
        socket = connect(url, subprotocols=[_PROTOCOL], max_size=None)
    except (OSError, InvalidHandshake, TimeoutError) as error:
        raise PlatformError("vendor_failed", "Cloudflare does not open the Worker's log.", "") from error
    with socket:
        socket.send(json.dumps({"debug": False}))
        yield socket


def _messages(socket: ClientConnection, check: Callable[[], None]) -> Iterator[str | bytes]:
    with suppress(ConnectionClosed):
        while True:
            with suppress(TimeoutError):
                yield socket.recv(timeout=_LOOK_SECONDS)
            check()


def _event(event: Mapping[str, Any]) -> str:
    request = event.get("request")
    if request:
        status = (event.get("response") or {}).get("status")
        return f"{request['method']} {request['url']}{f' {status}' if status else ''}"
    return str(event.get("cron") or event.get("scheduledTime") or "event")


def _outcome(outcome: object) -> str:
    return "" if outcome in (None, "ok") else f" ({outcome})"


def _words(message: object) -> str:
    """The arguments of console.log."""
    parts = message if isinstance(message, list) else [message]
    return " ".join(one if isinstance(one, str) else json.dumps(one) for one in parts)
