"""Open-loop load on one hostname: a fixed rate, half of it POSTs, no retry anywhere, some streams held open."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import Final

from bench.installation import Installation

_SECONDS: Final = 15.0


@dataclass(slots=True)
class Load:
    """`dropped` counts what was refused, broken off, or answered by anything but the agent."""

    found: Installation
    slug: str
    rate: int
    streams: int = 5
    asked: int = 0
    dropped: int = 0
    stream_events: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    latencies: list[float] = field(default_factory=list)
    _stop: Event = field(default_factory=Event)

    @contextmanager
    def running(self) -> Iterator[None]:
        thread = Thread(target=lambda: asyncio.run(self._run()), name="load")
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            thread.join()

    async def _run(self) -> None:
        holding = [asyncio.create_task(self._hold()) for _ in range(self.streams)]
        asking = set()
        began = time.perf_counter()
        while not self._stop.is_set():
            due = int((time.perf_counter() - began) * self.rate)
            while self.asked < due:
                self.asked += 1
                task = asyncio.create_task(self._ask(self.asked % 2 == 0))
                asking.add(task)
                task.add_done_callback(asking.discard)
            await asyncio.sleep(0.002)
        await asyncio.gather(*asking)
        for task in holding:
            task.cancel()
        await asyncio.gather(*holding, return_exceptions=True)

    async def _ask(self, post: bool) -> None:
        body = f"{self.asked}".encode() if post else b""
        began = time.perf_counter()
        try:
            answer = await asyncio.wait_for(self._exchange("POST" if post else "GET", body), _SECONDS)
        except (OSError, asyncio.IncompleteReadError, TimeoutError) as error:
            self._drop(type(error).__name__)
            return
        self.latencies.append(time.perf_counter() - began)
        if not answer.startswith(b"HTTP/1.1 200"):
            self._drop(answer.split(b"\r\n", 1)[0].decode())
        elif post and body not in answer:
            self._drop("the body was lost")
        elif b'"deployment"' not in answer:
            self._drop("not the agent's answer")

    async def _exchange(self, method: str, body: bytes) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.found.port)
        try:
            writer.write(self._head(method, "/echo", len(body)) + body)
            return await reader.read()
        finally:
            writer.close()

    async def _hold(self) -> None:
        """A stream must go on while traffic moves: the old instance finishes what it began."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.found.port)
        try:
            writer.write(self._head("GET", "/stream", 0))
            while line := await reader.readline():
                self.stream_events += line.startswith(b"data:")
            self._drop("a stream ended")
        finally:
            writer.close()

    def _head(self, method: str, path: str, length: int) -> bytes:
        host = f"{self.slug}.localhost:{self.found.port}"
        return (
            f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
        ).encode()

    def _drop(self, reason: str) -> None:
        self.dropped += 1
        self.reasons[reason] += 1
