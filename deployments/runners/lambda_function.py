"""A function's events and its processes. As on Lambda, a process handles one event at a time."""

from __future__ import annotations

import asyncio
import contextlib
import json
import uuid
from asyncio.subprocess import Process
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from deployments.runners.function_url import Head, HttpRequest, event_of

_SECONDS: Final = 900  # the longest that AWS lets a function work
_PROCESSES: Final = 10


class FunctionError(Exception):
    """The function failed before its response began."""


@dataclass(slots=True)
class Invocation:
    """One event on its way to a process and back. `parts` are the response: its head, its body in pieces, None."""

    id: str
    event: bytes
    deadline: float  # seconds since the epoch
    parts: asyncio.Queue[Head | bytes | FunctionError | None] = field(default_factory=asyncio.Queue)
    process: str = ""
    done: bool = False

    def end(self, part: FunctionError | None = None) -> None:
        if not self.done:
            self.done = True
            self.parts.put_nowait(part)


@dataclass(slots=True)
class Function:
    """The function's processes and events. `environment` is what each process sees."""

    argv: tuple[str, ...]
    environment: Mapping[str, str] = field(repr=False)
    pending: asyncio.Queue[Invocation] = field(default_factory=asyncio.Queue)
    running: dict[str, Invocation] = field(default_factory=dict)
    processes: dict[str, Process] = field(default_factory=dict)
    watchers: set[asyncio.Task[None]] = field(default_factory=set)
    failures: int = 0

    async def invoke(self, request: HttpRequest) -> Invocation:
        at = datetime.now(UTC)
        number = str(uuid.uuid4())
        event = json.dumps(event_of(request, request_id=number, at=at)).encode()
        invocation = Invocation(number, event, at.timestamp() + _SECONDS)
        self.running[number] = invocation
        self.pending.put_nowait(invocation)
        if self.free < self.pending.qsize() and len(self.processes) < _PROCESSES:
            await self.start()
        return invocation

    @property
    def free(self) -> int:
        """Processes that ask for an event, or will in a moment."""
        return len(self.processes) - len({one.process for one in self.running.values() if one.process})

    async def start(self) -> None:
        """One more process. It is a group of its own, so that what it starts ends with it."""
        process = await asyncio.create_subprocess_exec(
            *self.argv, env=dict(self.environment), stdin=asyncio.subprocess.DEVNULL
        )
        self.processes[str(process.pid)] = process
        watcher = asyncio.create_task(self._watch(process))
        self.watchers.add(watcher)
        watcher.add_done_callback(self.watchers.discard)

    async def next(self, process: str) -> Invocation:
        """Waits for an event. Whoever asks has begun, and has finished what it had."""
        self.failures = 0
        invocation = await self.pending.get()
        invocation.process = process
        return invocation

    def finish(self, invocation: Invocation, part: FunctionError | None = None) -> None:
        invocation.end(part)
        self.running.pop(invocation.id, None)

    async def _watch(self, process: Process) -> None:
        await process.wait()
        self.processes.pop(str(process.pid), None)
        for invocation in [one for one in self.running.values() if one.process == str(process.pid)]:
            self.finish(invocation, FunctionError("the process ended"))
        self.failures += 1
        if not self.processes and not self.pending.empty():
            await self._start_again()

    async def _start_again(self) -> None:
        """Events wait, and nobody is left to take them. A function that never begins has its events fail."""
        if self.failures < 2:
            await self.start()
            return
        while not self.pending.empty():
            self.finish(self.pending.get_nowait(), FunctionError("the function did not start"))

    async def stop(self) -> None:
        for watcher in self.watchers:
            watcher.cancel()
        for process in list(self.processes.values()):
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
