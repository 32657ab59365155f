"""Runs one command: its lines go to the log while it works, and it ends when the build must stop."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from builds.runner.streams import Streams
from core.errors import TimeLimitError

_POLL_SECONDS: Final = 0.1
_OUTPUT_BYTES: Final = 256 * 1024 * 1024  # git's lists of files: a guard, not a limit that anybody meets
#: A command sees these and what it is given, never the platform's own environment.
_BASE: Final = {"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}


@dataclass(frozen=True, slots=True)
class Command:
    """An argv with its environment (added to a minimal one) and its limit in seconds."""

    argv: Sequence[str]
    seconds: float
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    folder: Path | None = None
    stdin: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Outcome:
    exit_code: int
    output: bytes = field(repr=False)
    last_lines: tuple[str, ...]  # of stderr

    @property
    def ok(self) -> bool:
        return self.exit_code == 0


def run(command: Command, *, check: Callable[[], None], line: Callable[[str], None] = lambda _: None) -> Outcome:
    """Runs to the end. Raises TimeLimitError, and whatever `check` raises; the process tree is gone by then."""
    process = subprocess.Popen(
        command.argv,
        env={**_BASE, **command.environment},
        cwd=command.folder,
        stdin=subprocess.PIPE if command.stdin else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    streams = Streams(process, line, _OUTPUT_BYTES)
    try:
        feed(process, command.stdin)
        _wait(process, command, check)
    finally:
        _end_tree(process)
        streams.close()
    return Outcome(process.returncode, streams.output, streams.last_lines)


def feed(process: subprocess.Popen[bytes], content: bytes) -> None:
    if process.stdin is None:
        return
    # Broken where it ended without reading: its exit code says why. Closing writes what is left, and breaks again.
    with contextlib.suppress(BrokenPipeError):
        process.stdin.write(content)
    with contextlib.suppress(BrokenPipeError):
        process.stdin.close()


def _wait(process: subprocess.Popen[bytes], command: Command, check: Callable[[], None]) -> None:
    deadline = time.monotonic() + command.seconds
    pause = 0.002  # most commands end in milliseconds: the first looks are quick ones
    while True:
        try:
            process.wait(timeout=pause)
        except subprocess.TimeoutExpired:
            check()
            if time.monotonic() > deadline:
                raise _too_long(command) from None
            pause = min(pause * 2, _POLL_SECONDS)
        else:
            return


def _too_long(command: Command) -> TimeLimitError:
    name = Path(command.argv[0]).name
    return TimeLimitError(
        "step_timed_out",
        f"{name} took longer than {command.seconds:.0f} s, and was ended.",
        "Make the step smaller, or raise its limit in the settings.",
    )


def _end_tree(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
