"""Starts children in order, starts a crashed one again, and stops all of them in the opposite order.

One thread forks, waits and signals: a child is told of its parent's death by the kernel, and "parent" means
the thread that forked it.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any, Final

from core.errors import PlatformError
from dexto_cloud.embedded.child import Child

_PR_SET_PDEATHSIG: Final = 1
_LIBC: Final = ctypes.CDLL(None, use_errno=True) if os.uname().sysname == "Linux" else None
_POLL_SECONDS: Final = 0.1
_HEALTHY_SECONDS: Final = 30  # after which a crash counts as the first again
_MAX_BACKOFF_SECONDS: Final = 10


@dataclass(frozen=True, slots=True)
class Restarted:
    """A child ended by itself, with this exit code, and was started again."""

    name: str
    exit_code: int


@dataclass(slots=True)
class Running:
    """A child with its process."""

    child: Child
    process: subprocess.Popen[bytes]
    started: float
    crashes: int = 0
    start_again_at: float | None = None


@dataclass(slots=True)
class Supervisor:
    """`environment` is what every child gets beside its own."""

    logs: Path
    environment: dict[str, str] = field(repr=False)
    report: Callable[[Restarted], None] = lambda _event: None
    _running: dict[str, Running] = field(default_factory=dict)

    def start(self, child: Child) -> None:
        self._running[child.name] = Running(child, self._spawn(child), time.monotonic())

    def wait_ready(self, names: Sequence[str]) -> None:
        """Raises PlatformError engine_failed for the first that ends or stays silent."""
        for name in names:
            self._wait_ready(self._running[name])

    def processes(self) -> dict[str, int]:
        """Pids by name."""
        return {name: running.process.pid for name, running in self._running.items()}

    def tend(self, stop: Event) -> None:
        """Until `stop` is set: what crashed is started again, later each time."""
        while not stop.wait(_POLL_SECONDS):
            for running in self._running.values():
                self._look_after(running)

    def stop(self) -> None:
        """In the opposite order: who depends on others goes first."""
        for running in reversed(self._running.values()):
            self._stop_one(running)
        self._running.clear()

    def _look_after(self, running: Running) -> None:
        exit_code = running.process.poll()
        if exit_code is None:
            return
        now = time.monotonic()
        if running.start_again_at is None:
            _end_group(running.process.pid)  # or they would go on holding its socket
            running.crashes = 1 if now - running.started > _HEALTHY_SECONDS else running.crashes + 1
            pause = 0.0 if running.crashes == 1 else min(0.25 * 2**running.crashes, _MAX_BACKOFF_SECONDS)
            running.start_again_at = now + pause
        if now >= running.start_again_at:
            running.process = self._spawn(running.child)
            running.started, running.start_again_at = now, None
            self.report(Restarted(running.child.name, exit_code))

    def _spawn(self, child: Child) -> subprocess.Popen[bytes]:
        if child.socket:
            child.socket.unlink(missing_ok=True)  # who was killed left it, and some servers take it for a rival
        user: dict[str, Any] = {}
        if child.user:
            user = {"user": child.user[0], "group": child.user[1], "extra_groups": []}
        with self._log(child).open("ab") as log:
            return subprocess.Popen(
                child.argv,
                env={**self.environment, **child.environment},
                cwd=child.folder or "/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is ours to hear: children stop in order
                preexec_fn=_dies_with_parent(child.stop_signal),
                **user,
            )

    def _log(self, child: Child) -> Path:
        return self.logs / f"{child.name}.log"

    def _wait_ready(self, running: Running) -> None:
        deadline = time.monotonic() + running.child.ready_seconds
        while not running.child.ready():
            if running.process.poll() is not None:
                raise self._failed(running, f"ended with exit code {running.process.returncode}")
            if time.monotonic() > deadline:
                raise self._failed(running, f"was not ready after {running.child.ready_seconds:.0f} s")
            Event().wait(0.02)

    def _failed(self, running: Running, how: str) -> PlatformError:
        log = self._log(running.child)
        return PlatformError("engine_failed", f"{running.child.name} {how}.", f"Its log says why: {log}")

    def _stop_one(self, running: Running) -> None:
        process = running.process
        if process.poll() is None:
            process.send_signal(running.child.stop_signal)
            try:
                process.wait(running.child.stop_seconds)
            except subprocess.TimeoutExpired:
                process.kill()
        process.wait()
        _end_group(process.pid)


def _end_group(pid: int) -> None:
    """What a child left behind: helpers of its own that did not hear of its end."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def _dies_with_parent(number: signal.Signals) -> Callable[[], None] | None:
    """Runs in the child between fork and exec; elsewhere than on Linux a killed supervisor leaves its children."""
    libc = _LIBC
    if libc is None:
        return None
    parent = os.getpid()

    def ask() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, int(number))
        if os.getppid() != parent:
            os._exit(1)

    return ask
