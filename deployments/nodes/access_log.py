"""What the edge was asked, from the log that Caddy writes of it: which host, when, how it ended, how long it took."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

_AT_ONCE: Final = 2 * 1024 * 1024  # bytes; what is more waits in the file for the next look
_LONGEST_LINE: Final = 256 * 1024
_LATEST: Final = 2**33  # seconds since 1970: no clock is there
_SWITCHED: Final = 101
_STREAM: Final = "text/event-stream"


@dataclass(frozen=True, slots=True)
class Request:
    """`began` in seconds since 1970. `seconds` is None of what lasts as long as somebody listens, a WebSocket or a
    stream of events, and of an answer that broke off."""

    host: str
    status: int
    began: float
    seconds: float | None


@dataclass(slots=True)
class AccessLog:
    """Follows the log from where it ends at the first look. A file that was rotated away is read to its end first."""

    path: Path
    _open: BinaryIO | None = None
    _looked: bool = False
    _rest: bytes = b""
    _skipping: bool = False  # inside a line that is longer than any that we read

    def requests(self) -> list[Request]:
        """Those since the last call, at most so many that nobody waits for us. A line that is none is left out."""
        return [found for line in self._lines() if (found := request_of(line))]

    def close(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None

    def _lines(self) -> list[bytes]:
        *lines, self._rest = (self._rest + self._content()).split(b"\n")
        if self._skipping and lines:
            self._skipping = False
            del lines[0]
        if len(self._rest) > _LONGEST_LINE:
            self._rest, self._skipping = b"", True
        return lines

    def _content(self) -> bytes:
        content = self._read()
        if not content and self._was_replaced():
            self.close()
            self._rest, self._skipping = b"", False
            content = self._read()
        return content

    def _read(self) -> bytes:
        if self._open is None:
            self._begin()
        return self._open.read(_AT_ONCE) if self._open else b""

    def _begin(self) -> None:
        first, self._looked = not self._looked, True
        try:
            self._open = self.path.open("rb")
        except OSError:
            return
        if first:  # what is there already was read by the node before this one
            self._open.seek(0, 2)

    def _was_replaced(self) -> bool:
        """Whether the path leads to another file by now, or the file was cut."""
        if self._open is None:
            return False
        try:
            found = self.path.stat()
        except OSError:
            return False
        return found.st_ino != os.fstat(self._open.fileno()).st_ino or found.st_size < self._open.tell()


def request_of(line: bytes) -> Request | None:
    """None of what is no line of Caddy's about a request."""
    try:
        said = json.loads(line)
        host, status = said["request"]["host"], said["status"]
        ended, seconds = float(said["ts"]), float(said.get("took_ms", 0)) / 1_000
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError):
        return None
    if not (isinstance(host, str) and type(status) is int and 0 <= status < 1_000 and 0 <= seconds <= ended < _LATEST):
        return None
    lasts = status == _SWITCHED or str(said.get("kind")).startswith(_STREAM)
    return Request(hostname(host), status, ended - seconds, seconds if "took_ms" in said and not lasts else None)


def hostname(host: str) -> str:
    """As rows have it: without port, in lower case."""
    return host.partition(":")[0].removesuffix(".").lower()
