"""POSTs by raw sockets: an open loop at a fixed rate, and a closed one for the throughput."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True, slots=True)
class Post:
    """Where to, and what: `headers` are made for each request."""

    address: Path | tuple[str, int]
    path: str
    body: bytes = field(repr=False)
    headers: Callable[[], dict[str, str]] = dict


@dataclass(slots=True)
class Outcome:
    """Seconds from when each request was due to its answer; `failed` counts those not answered by a 202; `seconds`
    is how long it took until the last answer."""

    latencies: list[float] = field(default_factory=list)
    failed: int = 0
    seconds: float = 0.0


def at_rate(post: Post, *, per_second: int, seconds: float) -> Outcome:
    return each_at_rate([post] * int(per_second * seconds), per_second=per_second)


def each_at_rate(posts: Sequence[Post], *, per_second: int) -> Outcome:
    """All of them to one address, in their order."""
    return asyncio.run(_at_rate(posts, per_second))


def per_second(post: Post, *, connections: int, seconds: float) -> float:
    """Answers per second when each connection asks again as soon as it was answered. All of them must be good."""
    return asyncio.run(_closed_loop(post, connections, seconds))


async def _at_rate(posts: Sequence[Post], rate: int) -> Outcome:
    outcome = Outcome()
    free: asyncio.LifoQueue[Streams] = asyncio.LifoQueue()
    began = time.perf_counter()

    async def one(post: Post, due: float) -> None:
        streams = free.get_nowait() if not free.empty() else await _open(post)
        try:
            status = await _exchange(post, streams)
        except (OSError, asyncio.IncompleteReadError):
            outcome.failed += 1
            return
        outcome.latencies.append(time.perf_counter() - due)
        outcome.failed += status != 202
        free.put_nowait(streams)

    tasks = []
    for number, post in enumerate(posts):
        due = began + number / rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        tasks.append(asyncio.create_task(one(post, due)))
    await asyncio.gather(*tasks)
    outcome.seconds = time.perf_counter() - began
    while not free.empty():
        free.get_nowait()[1].close()
    return outcome


async def _closed_loop(post: Post, connections: int, seconds: float) -> float:
    until = time.perf_counter() + seconds
    answered = 0

    async def one() -> None:
        nonlocal answered
        async with _connection(post) as streams:
            while time.perf_counter() < until:
                assert await _exchange(post, streams) == 202
                answered += 1

    await asyncio.gather(*(one() for _ in range(connections)))
    return answered / seconds


@asynccontextmanager
async def _connection(post: Post) -> AsyncIterator[Streams]:
    streams = await _open(post)
    try:
        yield streams
    finally:
        streams[1].close()


async def _open(post: Post) -> Streams:
    if isinstance(post.address, Path):
        return await asyncio.open_unix_connection(str(post.address))
    return await asyncio.open_connection(*post.address)


async def _exchange(post: Post, streams: Streams) -> int:
    """The answer's status. Its body is read, so that the connection can be used again."""
    reader, writer = streams
    headers = {"Host": "127.0.0.1", "Content-Length": str(len(post.body)), **post.headers()}
    lines = [f"POST {post.path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    writer.write("\r\n".join(lines).encode() + post.body)
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    _before, has_length, rest = head.partition(b"content-length:")
    if has_length:
        await reader.readexactly(int(rest.split(b"\r\n", 1)[0]))
    else:
        await reader.readuntil(b"0\r\n\r\n")  # in chunks, of which the last is empty
    return int(head.split(b" ", 2)[1])
