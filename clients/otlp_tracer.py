"""Traces to an OpenTelemetry collector: OTLP over HTTP as JSON, in batches, by a thread that nobody waits for.

Spoken by hand: where the SDK is only installed, the client of Redis loads it into every process, traced or not.
"""

from __future__ import annotations

import atexit
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from queue import Empty, Full, Queue
from threading import Event, Lock, Thread
from typing import Any, Final

import httpx
import structlog

from core.errors import DextoError

log = structlog.get_logger(__name__)
_TIMEOUT_SECONDS: Final = 5
_BATCH_SECONDS: Final = 1.0
_BATCH: Final = 256
_WAITING: Final = 4_096  # more are dropped: a collector that is away costs spans, never memory or work
_CLOSE_SECONDS: Final = 2.0
_INTERNAL: Final = 1  # OTLP's kind of a span that neither calls nor answers anybody
_ERROR: Final = 2
_SAMPLED: Final = "01"


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in a trace one is, in W3C's words."""

    trace: str
    span: str

    @property
    def traceparent(self) -> str:
        return f"00-{self.trace}-{self.span}-{_SAMPLED}"


_here: ContextVar[_Place | None] = ContextVar("trace", default=None)


@dataclass(slots=True)
class OtlpTracer:
    """`endpoint` is the collector's own, to which the path of traces is added."""

    endpoint: str
    headers: Mapping[str, str] = field(repr=False)
    process: str
    _queue: Queue[dict[str, Any]] = field(default_factory=lambda: Queue(_WAITING))
    _closing: Event = field(default_factory=Event)
    _lock: Lock = field(default_factory=Lock)
    _sender: Thread | None = None

    @contextmanager
    def span(self, name: str, parent: str, ids: Mapping[str, str | int]) -> Iterator[str]:
        """Of an error only its code is told: its words may name what a project keeps to itself."""
        above = _parsed(parent) or _here.get()
        place = _Place(above.trace if above else secrets.token_hex(16), secrets.token_hex(8))
        began, error = time.time_ns(), ""
        token = _here.set(place)
        try:
            yield place.trace
        except BaseException as raised:
            error = raised.code if isinstance(raised, DextoError) else type(raised).__name__
            raise
        finally:
            _here.reset(token)
            self._send(_as_json(name, place, above, began, ids, error))

    def current(self) -> str:
        place = _here.get()
        return place.traceparent if place else ""

    def close(self) -> None:
        """What waits is sent, where the collector takes it soon."""
        with self._lock:
            self._closing.set()
        if self._sender is not None:
            self._sender.join(_CLOSE_SECONDS)

    def _send(self, span: dict[str, Any]) -> None:
        with self._lock:
            if self._sender is None and not self._closing.is_set():
                self._sender = Thread(target=self._run, name="traces", daemon=True)
                self._sender.start()
                atexit.register(self.close)
        try:
            self._queue.put_nowait(span)
        except Full:
            log.debug("a span is dropped")

    def _run(self) -> None:
        with httpx.Client(headers=dict(self.headers), timeout=_TIMEOUT_SECONDS, trust_env=False) as client:
            while not self._closing.wait(_BATCH_SECONDS):
                self._post_all(client)
            self._post_all(client)

    def _post_all(self, client: httpx.Client) -> None:
        while batch := _taken(self._queue):
            try:
                answer = client.post(f"{self.endpoint.rstrip('/')}/v1/traces", json=self._request(batch))
            except httpx.HTTPError as error:
                log.warning("spans were not taken", count=len(batch), error=type(error).__name__)
                return
            if answer.is_error:
                log.warning("spans were not taken", count=len(batch), status=answer.status_code)

    def _request(self, spans: list[dict[str, Any]]) -> dict[str, Any]:
        about = {"service.name": "dexto-cloud", "service.instance.id": self.process or "all"}
        resource = {"attributes": _attributes(about)}
        return {
            "resourceSpans": [
                {"resource": resource, "scopeSpans": [{"scope": {"name": "dexto_cloud"}, "spans": spans}]}
            ]
        }


def _parsed(traceparent: str) -> _Place | None:
    parts = traceparent.split("-")
    return _Place(parts[1], parts[2]) if len(parts) == 4 else None


def _taken(queue: Queue[dict[str, Any]]) -> list[dict[str, Any]]:
    taken: list[dict[str, Any]] = []
    try:
        while len(taken) < _BATCH:
            taken.append(queue.get_nowait())
    except Empty:
        pass
    return taken


def _as_json(
    name: str, place: _Place, above: _Place | None, began: int, ids: Mapping[str, str | int], error: str
) -> dict[str, Any]:
    """Ids are hexadecimal and 64-bit numbers texts, as OTLP's JSON wants them."""
    return {
        "traceId": place.trace,
        "spanId": place.span,
        **({"parentSpanId": above.span} if above else {}),
        "name": name,
        "kind": _INTERNAL,
        "startTimeUnixNano": str(began),
        "endTimeUnixNano": str(time.time_ns()),
        "attributes": _attributes(ids),
        "status": {"code": _ERROR, "message": error} if error else {},
    }


def _attributes(values: Mapping[str, str | int]) -> list[dict[str, Any]]:
    return [
        {"key": key, "value": {"intValue": str(value)} if isinstance(value, int) else {"stringValue": value}}
        for key, value in values.items()
    ]
