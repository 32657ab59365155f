"""One reader of the database for all viewers of a stream: a wake is one query, however many look on."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

import structlog
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import Error, connections

from builds import logs
from builds.models import LogStream
from clients.wakes import async_wakes

log = structlog.get_logger(__name__)
END: Final = b"event: end\ndata: {}\n\n"
CHANGED: Final = b"event: changed\ndata: {}\n\n"
_POLL_SECONDS: Final = 2.0
_QUEUE: Final = 500  # chunks that a slow viewer may be behind before it has to read for itself


@dataclass(frozen=True, slots=True)
class Chunk:
    """Lines `first` to `last`, each ready to send; `ended` says that no more come."""

    lines: tuple[tuple[int, bytes], ...]
    ended: bool

    def after(self, sequence: int) -> bytes:
        return b"".join(text for number, text in self.lines if number > sequence)


@dataclass(eq=False, slots=True)
class Viewer:
    """One open page. `sent` is the last sequence that it has."""

    stream_id: int
    sent: int
    _queue: asyncio.Queue[Chunk] = field(default_factory=lambda: asyncio.Queue(_QUEUE))
    _behind: bool = True  # has to read from the store first

    def offer(self, chunk: Chunk) -> None:
        try:
            self._queue.put_nowait(chunk)
        except asyncio.QueueFull:
            self._behind = True

    async def next(self) -> bytes:
        """What to send now; waits until there is something."""
        while True:
            chunk = await self._next_chunk()
            if chunk.lines and chunk.lines[0][0] > self.sent + 1:
                self._behind = True  # something was said between what was read and what was offered
                continue
            fresh = chunk.after(self.sent)
            if chunk.lines:
                self.sent = max(self.sent, chunk.lines[-1][0])
            if chunk.ended:
                return fresh + END
            if fresh or not chunk.lines:
                return fresh or CHANGED

    async def _next_chunk(self) -> Chunk:
        if not self._behind:
            return await self._queue.get()
        while not self._queue.empty():
            self._queue.get_nowait()
        page = await _read(self.stream_id, self.sent)
        # A full page means that there is more to read before the queue is of use.
        self._behind = len(page.lines) > 0 and not page.ended
        return page if page.lines or page.ended else await self._queue.get()


class Hub:
    def __init__(self) -> None:
        self._viewers: dict[int, set[Viewer]] = defaultdict(set)
        self._cursors: dict[int, int] = {}
        self._dirty: set[int] = set()
        self._woken = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    @asynccontextmanager
    async def following(self, stream_id: int, *, after: int) -> AsyncIterator[Viewer]:
        viewer = Viewer(stream_id, after)
        self._viewers[stream_id].add(viewer)
        if not self._tasks or any(task.done() for task in self._tasks):
            self._start()
        try:
            yield viewer
        finally:
            self._viewers[stream_id].discard(viewer)
            if not self._viewers[stream_id]:
                del self._viewers[stream_id]
                self._cursors.pop(stream_id, None)

    def _start(self) -> None:
        for task in self._tasks:
            task.cancel()
        self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._tell_all())]

    async def _listen(self) -> None:
        while True:
            try:
                async for word in async_wakes(settings.REDIS_URL, logs.CHANNEL, every_seconds=_POLL_SECONDS):
                    await self._look(word)
            except (OSError, Error) as error:
                log.warning("live logs fall back to polling", error=str(error))
                await asyncio.sleep(_POLL_SECONDS / 4)
                await self._look_at_all()

    async def _look(self, word: str) -> None:
        if not word:
            await self._look_at_all()
        elif word.isdigit() and int(word) in self._viewers:
            self._dirty.add(int(word))
            self._woken.set()

    async def _look_at_all(self) -> None:
        for stream_id in list(self._viewers):
            await self._tell(stream_id, also_nothing=False)

    async def _tell_all(self) -> None:
        """However many wakes come while viewers are told, they are one more look."""
        while await self._woken.wait():
            self._woken.clear()
            dirty, self._dirty = self._dirty, set()
            for stream_id in dirty & self._viewers.keys():
                await self._tell(stream_id)

    async def _tell(self, stream_id: int, *, also_nothing: bool = True) -> None:
        """A wake without a line means that a step changed, which viewers hear of too."""
        cursor = self._cursors.get(stream_id)
        if cursor is None:
            cursor = max((viewer.sent for viewer in self._viewers[stream_id]), default=-1)
        try:
            chunk = await _read(stream_id, cursor)
        except Error as error:
            log.warning("a stream could not be read", stream=stream_id, error=str(error))
            return
        if chunk.lines:
            self._cursors[stream_id] = chunk.lines[-1][0]
        elif not chunk.ended and not also_nothing:
            return
        for viewer in self._viewers.get(stream_id, ()):
            viewer.offer(chunk)


async def _read(stream_id: int, after: int) -> Chunk:
    return await sync_to_async(_chunk, thread_sensitive=False)(stream_id, after)


def _chunk(stream_id: int, after: int) -> Chunk:
    try:
        page = logs.read(stream_id, after=after)
    except LogStream.DoesNotExist:
        return Chunk((), ended=True)  # its project was deleted meanwhile
    finally:
        connections.close_all()
    return Chunk(tuple(_encoded(page.lines)), page.ended)


def _encoded(lines: list[logs.Line]) -> Iterator[tuple[int, bytes]]:
    for line in lines:
        data = json.dumps(line.as_dict(), ensure_ascii=False, separators=(",", ":"))
        yield line.sequence, f"id: {line.sequence}\nevent: line\ndata: {data}\n\n".encode()
