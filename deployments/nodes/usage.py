"""When each agent was last used: from the edge's access log, and from the connections that are open."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(slots=True)
class AccessLog:
    """Follows the edge's log from where it ends now, across rotations."""

    path: Path
    _inode: int = 0
    _offset: int = 0
    _rest: bytes = b""

    def hosts(self) -> set[str]:
        """The hosts that were asked for since the last call."""
        return {host for line in self._lines() if (host := _host(line))}

    def _lines(self) -> list[bytes]:
        try:
            found = self.path.stat()
        except OSError:
            return []
        if found.st_ino != self._inode or found.st_size < self._offset:
            first_look = self._inode == 0
            self._inode, self._rest = found.st_ino, b""
            self._offset = found.st_size if first_look else 0
        with self.path.open("rb") as log:
            log.seek(self._offset)
            content = self._rest + log.read()
            self._offset = log.tell()
        *lines, self._rest = content.split(b"\n")
        return lines


def _host(line: bytes) -> str:
    try:
        host = json.loads(line)["request"]["host"]
    except (ValueError, KeyError, TypeError):
        return ""
    return str(host).partition(":")[0].lower()


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
