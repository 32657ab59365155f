"""What a command prints, read while it works: stdout is kept, lines of stderr are passed on."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from threading import Thread
from typing import IO, Final

_KEPT_LINES: Final = 200
_LONGEST_LINE: Final = 1 << 16
_JOIN_SECONDS: Final = 2.0


class Streams:
    """Reads both pipes in threads of its own. What is over `limit_bytes` is read and thrown away."""

    def __init__(self, process: subprocess.Popen[bytes], line: Callable[[str], None], limit_bytes: int) -> None:
        assert process.stdout is not None and process.stderr is not None  # noqa: S101  # both are pipes
        self._pipes = (process.stdout, process.stderr)
        self._output: list[bytes] = []
        self._lines: list[str] = []
        self._line = line
        self._limit = limit_bytes
        self._read = 0
        self._threads = [
            Thread(target=self._collect, args=(process.stdout,), daemon=True),
            Thread(target=self._follow, args=(process.stderr,), daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    @property
    def is_over_limit(self) -> bool:
        return self._read > self._limit

    @property
    def output(self) -> bytes:
        return b"".join(self._output)

    @property
    def last_lines(self) -> tuple[str, ...]:
        return tuple(self._lines)

    def close(self) -> None:
        """When the process has ended: takes what is still in the pipes."""
        for thread, pipe in zip(self._threads, self._pipes, strict=True):
            thread.join(timeout=_JOIN_SECONDS)
            if not thread.is_alive():  # somebody who got away still holds the other end
                pipe.close()

    def _collect(self, pipe: IO[bytes]) -> None:
        while chunk := pipe.read1(1 << 16):  # type: ignore[attr-defined]  # buffered, as pipes of Popen are
            self._read += len(chunk)
            if not self.is_over_limit:
                self._output.append(chunk)

    def _follow(self, pipe: IO[bytes]) -> None:
        while raw := pipe.readline(_LONGEST_LINE):
            self._read += len(raw)
            if self.is_over_limit:
                continue
            text = raw.decode("utf-8", "replace").rstrip()
            self._lines.append(text)
            del self._lines[:-_KEPT_LINES]
            self._line(text)
