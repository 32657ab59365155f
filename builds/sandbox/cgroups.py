"""Memory counted and bounded by the kernel, where a control group may be made here."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final
from uuid import uuid4

_MOUNT: Final = Path("/sys/fs/cgroup")
_PREFIX: Final = "dexto-"
_REMOVE_SECONDS: Final = 2.0


class MemoryControl(Enum):
    """What ends a program that uses too much memory. `WATCHED` looks at its processes a few times a second."""

    CGROUP_V2 = "cgroup v2"
    CGROUP_V1 = "cgroup v1"
    WATCHED = "watched processes"


@dataclass(frozen=True, slots=True)
class _Files:
    """How a version of the interface calls the same things; `swap` bounds memory and swap, or swap alone."""

    limit: str
    swap: str
    swap_adds: bool  # the swap file counts memory too
    events: str


_FILES: Final = {
    MemoryControl.CGROUP_V2: _Files("memory.max", "memory.swap.max", False, "memory.events"),
    MemoryControl.CGROUP_V1: _Files("memory.limit_in_bytes", "memory.memsw.limit_in_bytes", True, "memory.oom_control"),
}


@dataclass(frozen=True, slots=True)
class ControlGroup:
    path: Path
    control: MemoryControl

    def admit(self, pids: Iterable[int]) -> None:
        """Them, and all that they start from now on."""
        for pid in pids:
            (self.path / "cgroup.procs").write_text(str(pid), encoding="ascii")

    def killed(self) -> bool:
        """Whether the kernel has ended one of them for want of memory."""
        with suppress(OSError):
            for line in (self.path / _FILES[self.control].events).read_text(encoding="ascii").splitlines():
                name, _, count = line.partition(" ")
                if name == "oom_kill":
                    return int(count) > 0
        return False

    def remove(self) -> None:
        """It can be removed when its last process is gone, which may be a moment after it was killed."""
        deadline = time.monotonic() + _REMOVE_SECONDS
        while time.monotonic() < deadline:
            try:
                self.path.rmdir()
            except FileNotFoundError:
                return
            except OSError:
                time.sleep(0.002)
            else:
                return


@dataclass(frozen=True, slots=True)
class ControlGroups:
    """The group below which ours are made: that of this process, so that a bound on the platform holds for all."""

    parent: Path
    control: MemoryControl

    def make(self, memory_bytes: int, name: str = "") -> ControlGroup:
        """Raises OSError."""
        path = self.parent / f"{_PREFIX}{name or f'{os.getpid()}-{uuid4().hex[:8]}'}"
        path.mkdir(exist_ok=bool(name))
        files = _FILES[self.control]
        (path / files.limit).write_text(str(memory_bytes), encoding="ascii")
        with suppress(OSError):  # a kernel may not count swap
            (path / files.swap).write_text(str(memory_bytes if files.swap_adds else 0), encoding="ascii")
        with suppress(OSError):  # v2: all of the group ends, not only its largest process
            (path / "memory.oom.group").write_text("1", encoding="ascii")
        return ControlGroup(path, self.control)

    def sweep(self) -> None:
        """What builders left that were killed: groups with the number of a process that is gone."""
        for path in self.parent.glob(f"{_PREFIX}[0-9]*-*"):
            number = path.name.removeprefix(_PREFIX).partition("-")[0]
            if number.isdigit() and not Path("/proc", number).exists():
                with suppress(OSError):  # something in it still ends
                    path.rmdir()

    def named(self, name: str) -> ControlGroup:
        return ControlGroup(self.parent / f"{_PREFIX}{name}", self.control)


def find(membership: str | None = None, mount: Path = _MOUNT) -> ControlGroups | None:
    """Where groups can really be made: tried, not read off. `membership` is as in /proc/self/cgroup."""
    if membership is None:
        with suppress(OSError):
            membership = Path("/proc/self/cgroup").read_text(encoding="ascii")
    for groups in candidates(membership or "", mount):
        with suppress(OSError):
            groups.make(64 * 1024 * 1024).remove()
            groups.sweep()
            return groups
    return None


def candidates(membership: str, mount: Path) -> Iterator[ControlGroups]:
    """v2 before v1. In v2 a group with processes hands no memory on, so its parent is the usual place."""
    for line in membership.splitlines():
        number, controllers, path = line.split(":", 2)
        own = mount / path.lstrip("/")
        if number == "0":
            for parent in (own, own.parent) if own != mount else (own,):
                if _hands_memory_on(parent):
                    yield ControlGroups(parent, MemoryControl.CGROUP_V2)
    for line in membership.splitlines():
        _number, controllers, path = line.split(":", 2)
        if "memory" in controllers.split(","):
            yield ControlGroups(mount / "memory" / path.lstrip("/"), MemoryControl.CGROUP_V1)


def _hands_memory_on(group: Path) -> bool:
    try:
        return "memory" in (group / "cgroup.subtree_control").read_text(encoding="ascii").split()
    except OSError:
        return False
