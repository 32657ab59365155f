"""What a process and all that it started use, as the kernel says it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGKILL
from typing import Final

_TICKS: Final = os.sysconf("SC_CLK_TCK")
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")
_GONE_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class Process:
    """One process at one moment. `started` tells it from a later one with the same number."""

    pid: int
    started: int
    threads: int
    cpu_seconds: float  # its own, and that of children that it waited for


@dataclass(slots=True)
class ProcessTree:
    """Remembers whom it has seen: without a namespace a process can leave its parent."""

    root: int
    _seen: dict[int, int] = field(default_factory=dict)

    def processes(self) -> list[Process]:
        found: dict[int, Process] = {}
        for pid in [self.root, *self._seen]:
            self._gather(pid, found)
        self._seen = {pid: process.started for pid, process in found.items()}
        return list(found.values())

    def kill(self) -> None:
        """Until nobody is left that can start another one. The group first: a namespace's first process is in it."""
        deadline = time.monotonic() + _GONE_SECONDS
        if _read(self.root) is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.root, SIGKILL)
        while (alive := self.processes()) and time.monotonic() < deadline:
            for process in alive:
                with suppress(ProcessLookupError):
                    os.kill(process.pid, SIGKILL)
            time.sleep(0.001)

    def _gather(self, top: int, found: dict[int, Process]) -> None:
        waiting = [top]
        while waiting:
            pid = waiting.pop()
            process = None if pid in found else _read(pid)
            if process is not None and self._seen.get(pid, process.started) == process.started:
                found[pid] = process
                waiting.extend(children(pid))


def program_pids(root: int) -> list[int]:
    """Without the sandbox around them: those in a namespace of their own, but for its first process; else all."""
    found = {process.pid: _pids_inside(process.pid) for process in ProcessTree(root).processes()}
    depth = len(_pids_inside(os.getpid()))
    inside = [pid for pid, numbers in found.items() if len(numbers) > depth]
    return [pid for pid in inside if found[pid][-1] != 1] if inside else list(found)


def _pids_inside(pid: int) -> tuple[int, ...]:
    """What a process is called in each namespace that it is in, from ours inwards."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ()
    return next((tuple(map(int, line.split()[1:])) for line in status.splitlines() if line.startswith("NSpid:")), ())


def children(pid: int) -> Iterator[int]:
    """Each thread has its own."""
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            yield from map(int, (task / "children").read_text(encoding="ascii").split())
    except OSError:
        return


def memory_bytes(pid: int) -> int:
    """Its share of what it maps; all of it where the kernel does not say the share."""
    try:
        with Path(f"/proc/{pid}/smaps_rollup").open(encoding="ascii") as lines:
            return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)
    except OSError:
        return _resident_bytes(pid)


def open_files(pid: int) -> int:
    try:
        return len(os.listdir(f"/proc/{pid}/fd"))  # noqa: PTH208  # names alone: no object for each of thousands
    except OSError:
        return 0


def deleted_bytes(pid: int, device: int) -> int:
    """What its open files hold on a disk although no name leads there any more."""
    held = 0
    try:
        with os.scandir(f"/proc/{pid}/fd") as descriptors:
            for descriptor in descriptors:
                found = descriptor.stat()
                if found.st_nlink == 0 and found.st_dev == device:
                    held += found.st_blocks * 512
    except OSError:
        return held
    return held


def _read(pid: int) -> Process | None:
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    state, *rest = text.rpartition(")")[2].split()
    if state in "ZX":
        return None
    return Process(pid, int(rest[18]), int(rest[16]), sum(map(int, rest[10:14])) / _TICKS)


def _resident_bytes(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * _PAGE
    except (OSError, IndexError):
        return 0
