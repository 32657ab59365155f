"""Live logs: 200 EventSources on one build, and how long a line takes from being written to each of them."""

from __future__ import annotations

import asyncio
import fcntl
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any

from bench import projects
from bench.installation import Installation, until
from bench.measured import Measured, percentile

SLUG = "viewed"
_VIEWERS, _BUILDS = 200, 10
_SETTLE_SECONDS = 1.0  # each viewer looks once at what is there already


def live_logs(found: Installation) -> list[Measured]:
    folder = found.data.parent / SLUG
    projects.write_small(folder)
    checkout = found.project(SLUG, folder)
    checkout.commit("first")
    checkout.push("main")
    until(lambda: found.live_commit(SLUG) == checkout.head(), "production")
    latencies: list[float] = []
    complete = 0
    for number in range(_BUILDS):
        projects.write_small(folder, f"view {number}")
        checkout.commit(f"view {number}")
        with _mirrors_locked(found.data / "mirrors") as let_go:
            checkout.push("main")
            stream = until(lambda: _running_build(found, checkout.head()), "a build")
            seen = _watched(found, stream, let_go)
        written = len(found.api.get(f"deployments/{_newest(found, checkout.head())['id']}/logs/build")["lines"])
        complete += sum(len(lines) == written for lines in seen)
        latencies += [latency for lines in seen for latency in lines]
    return [
        Measured("log_lines", f"lines received by {_VIEWERS} viewers of {_BUILDS} builds", len(latencies), ""),
        Measured("log_p50_ms", "  written → received: median", percentile(latencies, 0.5), "ms"),
        Measured("log_p95_ms", "  p95", percentile(latencies, 0.95), "ms", 250),
        Measured("log_complete", "  viewers that saw every line", complete, "", _VIEWERS * _BUILDS, at_least=True),
    ]


@contextmanager
def _mirrors_locked(mirrors: Path) -> Iterator[Event]:
    """Builds wait for the lock of their mirror, as they do for each other: time for viewers to come."""
    held = [path.open("w") for path in mirrors.glob("*.lock")]
    for lock in held:
        fcntl.flock(lock, fcntl.LOCK_EX)
    let_go = Event()
    thread = Thread(target=lambda: (let_go.wait(), [lock.close() for lock in held]), name="let-go")
    thread.start()
    try:
        yield let_go
    finally:
        let_go.set()
        thread.join()


def _running_build(found: Installation, commit: str) -> int | None:
    newest = _newest(found, commit)
    return newest["streams"]["build"] if newest and newest["status"] == "building" else None


def _newest(found: Installation, commit: str) -> dict[str, Any]:
    rows: list[dict[str, Any]] = found.api.get(f"projects/{SLUG}/deployments", commit=commit)
    return rows[0] if rows else {}


def _watched(found: Installation, stream: int, let_go: Event) -> list[list[float]]:
    return asyncio.run(_watch(found, stream, let_go))


async def _watch(found: Installation, stream: int, let_go: Event) -> list[list[float]]:
    opened = [asyncio.Event() for _ in range(_VIEWERS)]
    viewers = [asyncio.create_task(_view(found, stream, one)) for one in opened]
    await asyncio.wait_for(asyncio.gather(*(one.wait() for one in opened)), 60)
    await asyncio.sleep(_SETTLE_SECONDS)
    let_go.set()
    return await asyncio.wait_for(asyncio.gather(*viewers), 60)


async def _view(found: Installation, stream: int, opened: asyncio.Event) -> list[float]:
    """Milliseconds from written to received, of each line until the stream's end."""
    reader, writer = await asyncio.open_connection("127.0.0.1", found.port)
    head = f"GET /events/streams/{stream} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {found.token}\r\n\r\n"
    writer.write(head.encode())
    answer = await reader.readuntil(b"\r\n\r\n")
    assert b" 200 " in answer.split(b"\r\n", 1)[0], answer
    opened.set()
    latencies = []
    while (line := await reader.readline()) and line != b"event: end\n":
        if line.startswith(b"data: {") and len(line) > len(b"data: {}\n"):
            latencies.append(time.time() * 1000 - json.loads(line[6:])["at"])
    writer.close()
    return latencies
