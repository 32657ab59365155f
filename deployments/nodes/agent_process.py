"""An agent's process. It outlives the node that started it, which finds it again by pid and start time."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

from builds.sandbox.cgroups import ControlGroup
from builds.sandbox.launching import Launch, closing, spawn
from builds.sandbox.process_tree import program_pids
from core.errors import ProjectError

_KILL_SECONDS = 5  # a killed process may still be writing to a slow disk


@dataclass(frozen=True, slots=True)
class AgentSpec:
    """How to start an agent. The environment is all that it sees of this machine's.

    It starts in `folder`. `state` is its memory, which is its own to write, as is the folder of its socket; `reads` is
    what it must be able to read beside the system's own programs.
    """

    argv: tuple[str, ...]
    folder: Path
    state: Path
    socket: Path
    log: Path
    environment: Mapping[str, str] = field(repr=False)
    reads: tuple[Path, ...] = ()
    needs_relay: bool = True


@dataclass(frozen=True, slots=True)
class ProcessId:
    pid: int
    started: str  # clock ticks since boot, as the kernel says it

    @property
    def alive(self) -> bool:
        return start_time(self.pid) == self.started

    def signal(self, number: signal.Signals) -> None:
        """To an agent with its children; the sandbox around it would end them at once, so it hears of the end alone."""
        if not self.alive:
            return
        with contextlib.suppress(ProcessLookupError):
            if number == signal.SIGKILL:
                os.killpg(self.pid, number)
            else:
                for pid in program_pids(self.pid):
                    os.kill(pid, number)


def start(spec: AgentSpec, launch: Launch, group: ControlGroup | None = None) -> ProcessId:
    """`launch` is how its sandbox starts it; it is closed here."""
    spec.log.parent.mkdir(parents=True, exist_ok=True)
    spec.socket.unlink(missing_ok=True)
    with spec.log.open("ab") as log, closing(launch):
        process = spawn(launch, group, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
    _CHILDREN[process.pid] = process
    return ProcessId(process.pid, start_time(process.pid) or "")


def wait_until_healthy(process: ProcessId, spec: AgentSpec, *, seconds: float, check: Callable[[], None]) -> None:
    """Raises ProjectError when it ends or stays silent; it is gone by then."""
    deadline = time.monotonic() + seconds
    while not healthy(spec.socket):
        check()
        if not process.alive:
            raise ProjectError(
                "agent_exited",
                "The agent ended before it answered /health.",
                "Its log says why; a missing variable is the usual reason.",
            )
        if time.monotonic() > deadline:
            process.signal(signal.SIGKILL)
            raise ProjectError(
                "agent_unhealthy",
                f"The agent did not answer /health within {seconds:.0f} s.",
                "Look at its log, and at what its plugins do while they start.",
            )
        Event().wait(0.01)


def healthy(path: Path) -> bool:
    connection = _UnixConnection(path)
    try:
        connection.request("GET", "/health", headers={"Host": "agent", "Connection": "close"})
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def stop(process: ProcessId, *, seconds: float) -> None:
    """Lets what is in flight finish, then ends it; it is gone when this returns."""
    process.signal(signal.SIGTERM)
    if not _ended_within(process, seconds):
        process.signal(signal.SIGKILL)
        _ended_within(process, _KILL_SECONDS)


def _ended_within(process: ProcessId, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    pause = 0.01
    while process.alive and time.monotonic() < deadline:
        Event().wait(pause)
        pause = min(pause * 1.5, 0.2)
    return not process.alive


def start_time(pid: int) -> str | None:
    """The kernel's word for when a process started; None when there is none, or only its shell is left."""
    child = _CHILDREN.get(pid)
    if child is not None and child.poll() is not None:
        _EXIT_CODES[pid] = _CHILDREN.pop(pid).returncode
        return None
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    state, *rest = text.rpartition(")")[2].split()
    return None if state == "Z" else rest[18]


def was_killed(process: ProcessId) -> bool:
    """Whether one that we started and that is gone was ended by SIGKILL, which no program does to itself by mistake."""
    return not process.alive and _EXIT_CODES.pop(process.pid, 0) in (-signal.SIGKILL, 128 + signal.SIGKILL)


_EXIT_CODES: dict[int, int] = {}
#: Children must be waited for, or they stay as zombies; those of an earlier node are init's.
_CHILDREN: dict[int, subprocess.Popen[bytes]] = {}


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("agent", timeout=5)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))
