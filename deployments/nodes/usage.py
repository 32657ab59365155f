"""When each agent was last used, and which of them have a connection that is open."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path


def open_sockets(pids: Iterable[int] = ()) -> set[str]:
    """Paths of the unix sockets that have a connection at this moment, of this machine and of each pid's sandbox."""
    tables = (Path("/proc/net/unix"), *(Path(f"/proc/{pid}/net/unix") for pid in pids))
    return set().union(*map(_connected, tables))


def _connected(table: Path) -> set[str]:
    connected = "03"
    try:
        lines = table.read_text(encoding="utf-8", errors="replace").splitlines()[1:]
    except OSError:
        return set()
    return {fields[7] for line in lines if len(fields := line.split()) > 7 and fields[5] == connected}


@dataclass(slots=True)
class Usage:
    """Last use by instance, in monotonic seconds. An instance that is not known counts as used now."""

    _used: dict[int, float] = field(default_factory=dict)

    def touch(self, instance_id: int) -> None:
        self._used[instance_id] = time.monotonic()

    def idle_seconds(self, instance_id: int) -> float:
        return time.monotonic() - self._used.setdefault(instance_id, time.monotonic())

    def forget(self, instance_id: int) -> None:
        self._used.pop(instance_id, None)
