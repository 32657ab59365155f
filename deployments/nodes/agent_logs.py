"""What agents print: from the files they write to into the LogStore, line by line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from builds.log_writer import LogWriter
from builds.redaction import RedactedStream

_CHUNK: Final = 256 * 1024
_KEPT_BYTES: Final = 8 * 1024 * 1024
STEP: Final = "agent"


@dataclass(slots=True)
class Tail:
    """One agent's file. The file is cut when it has grown large: what was read is in the store. `heard` is told each
    line too."""

    path: Path
    writer: LogWriter
    redacted: RedactedStream
    heard: Callable[[bytes], None] = lambda _line: None
    _offset: int = 0
    _rest: bytes = b""

    def __post_init__(self) -> None:
        # What is there already was read by the node before this one, or will be in the next lines.
        self._offset = self.path.stat().st_size if self.path.exists() else 0

    def read(self) -> None:
        if not self.path.exists():
            return
        with self.path.open("rb") as log:
            log.seek(self._offset)
            content = log.read(_CHUNK)
            self._offset = log.tell()
        self._write(self.redacted.feed(content))
        if self._offset > _KEPT_BYTES and not content:
            self.path.write_bytes(b"")  # agents append, so their next line starts the file anew
            self._offset = 0

    def end(self) -> None:
        """Also what has no end of line, and at once: this process may be about to end. Raises the database's errors."""
        self.read()
        last = self.redacted.end()
        whole = self._rest + last
        self._write(last + b"\n" if whole and not whole.endswith(b"\n") else last)
        self.writer.flush()

    def _write(self, content: bytes) -> None:
        *lines, self._rest = (self._rest + content).split(b"\n")
        for line in lines:
            self.heard(line)
            self.writer.write(STEP, line.decode("utf-8", "replace").rstrip())


@dataclass(slots=True)
class Tails:
    _tails: dict[int, Tail] = field(default_factory=dict)

    def follows(self, instance_id: int) -> bool:
        return instance_id in self._tails

    def follow(self, instance_id: int, tail: Tail) -> None:
        self._tails[instance_id] = tail

    def read_all(self) -> None:
        for tail in list(self._tails.values()):
            tail.read()

    def leave(self, instance_id: int) -> None:
        tail = self._tails.pop(instance_id, None)
        if tail:
            tail.end()

    def leave_all(self) -> None:
        for instance_id in list(self._tails):
            self.leave(instance_id)
