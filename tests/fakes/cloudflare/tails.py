"""Tails: what a Worker's requests leave behind, sent over a WebSocket to whoever listens."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import Any
from uuid import uuid4

from websockets.exceptions import ConnectionClosed, NegotiationError
from websockets.sync.server import Server, ServerConnection, serve
from websockets.typing import Subprotocol

from tests.fakes.cloudflare.envelope import ok, refused
from tests.fakes.cloudflare.scripts import now
from tests.fakes.vendor import Answer, Asked

PROTOCOL = Subprotocol("trace-v1")


@dataclass
class Tail:
    script: str
    listening: Event = field(default_factory=Event)
    socket: ServerConnection | None = None


class Tails:
    def __init__(self) -> None:
        self.open: dict[str, Tail] = {}
        self._server: Server = serve(
            self._serve, "127.0.0.1", 0, subprotocols=[PROTOCOL], select_subprotocol=_only_traces
        )
        self._thread = Thread(target=self._server.serve_forever)
        self._thread.start()

    def create(self, asked: Asked) -> Answer:
        id_ = uuid4().hex
        self.open[id_] = Tail(asked.parameters["name"])
        port = self._server.socket.getsockname()[1]
        return ok({"id": id_, "url": f"ws://127.0.0.1:{port}/{id_}", "expires_at": now()})

    def delete(self, asked: Asked) -> Answer:
        tail = self.open.pop(asked.parameters["tail"], None)
        if tail is None:
            raise refused(404, 10057, "The tail does not exist.")
        if tail.socket:
            tail.socket.close()
        return ok(None)

    def tell(self, script: str, request: dict[str, Any], status: int, logs: list[str]) -> None:
        """One request that a Worker answered."""
        milliseconds = int(time.time() * 1000)
        trace = {
            "scriptName": script,
            "outcome": "ok" if status < 500 else "exception",
            "eventTimestamp": milliseconds,
            "event": {"request": request, "response": {"status": status}},
            "logs": [{"message": [line], "level": "log", "timestamp": milliseconds} for line in logs],
            "exceptions": [],
            "diagnosticsChannelEvents": [],
        }
        for tail in list(self.open.values()):
            if tail.script == script and tail.socket and tail.listening.is_set():
                tail.socket.send(json.dumps(trace).encode())

    def close(self) -> None:
        for tail in self.open.values():
            if tail.socket:
                tail.socket.close()
        self._server.shutdown()
        self._thread.join()

    def _serve(self, socket: ServerConnection) -> None:
        assert socket.request is not None
        tail = self.open.get(socket.request.path.strip("/"))
        if tail is None:
            return
        tail.socket = socket
        try:
            assert "debug" in json.loads(socket.recv(timeout=10))
            tail.listening.set()
            for _message in socket:
                pass
        except ConnectionClosed:
            pass


def _only_traces(_connection: ServerConnection, offered: Any) -> Subprotocol:
    if PROTOCOL not in offered:
        raise NegotiationError("the subprotocol must be trace-v1")
    return PROTOCOL
