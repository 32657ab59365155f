"""What a sandbox is asked to run, and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Protocol

from core.errors import UserError


class Backend(Enum):
    """What keeps the program in. `NONE` keeps nothing in: it has the limits alone."""

    BUBBLEWRAP = "bubblewrap"
    CONTAINER = "container"
    NONE = "none"


class Network(Enum):
    """What can be reached: nothing, or the package registries that the operator allows."""

    NONE = "none"
    REGISTRIES = "registries"


@dataclass(frozen=True, slots=True)
class Limits:
    """Of everything that the program starts together; `file_bytes` is of each file. None is no limit.

    `tmp_bytes` bounds /tmp and /dev/shm, which are memory; `disk_bytes` what is added to the writable folders.
    """

    memory_bytes: int = 1024 * 1024 * 1024
    processes: int = 256  # threads count, as the kernel counts them
    open_files: int = 4096  # of one process
    file_bytes: int = 256 * 1024 * 1024
    disk_bytes: int = 1024 * 1024 * 1024
    tmp_bytes: int = 128 * 1024 * 1024
    output_bytes: int = 16 * 1024 * 1024
    niceness: int = 10  # a program that spins must not keep the platform from ending it
    cpu_seconds: int | None = 600
    seconds: float | None = 900


@dataclass(frozen=True, slots=True)
class Specification:
    """A program in its sandbox. Paths are the same inside and outside.

    `folder` is writable, as are `writable`; `readable` can be read, beside the system's own programs. The program
    starts in `starts_in`, or in `folder`. The environment is all that the program sees of any; its values may be
    secret. With `keeps_user` whoever runs over this folder is the same user each time, also at the same time.
    """

    argv: tuple[str, ...]
    folder: Path
    limits: Limits = field(default_factory=Limits)
    writable: tuple[Path, ...] = ()
    readable: tuple[Path, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    network: Network = Network.NONE
    proxy: Path | None = None  # the socket of a proxy of the caller's, in a folder of its own
    stdin: bytes = field(default=b"", repr=False)
    starts_in: Path | None = None
    keeps_user: bool = False


@dataclass(frozen=True, slots=True)
class Usage:
    """As far as it was seen: a peak between two looks is missed."""

    memory_bytes: int = 0
    processes: int = 0
    cpu_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """How it ended. `exceeded` is the limit that ended it; `output` is its stdout, `last_lines` are of stderr."""

    exit_code: int
    output: bytes = field(repr=False)
    last_lines: tuple[str, ...]
    exceeded: UserError | None = None
    usage: Usage = Usage()

    @property
    def ok(self) -> bool:
        return self.exit_code == 0 and self.exceeded is None


class Sandbox(Protocol):
    """Builds and bundlers see no more of it than this."""

    @property
    def backend(self) -> Backend: ...

    def run(
        self, specification: Specification, *, check: Callable[[], None], line: Callable[[str], None] = ...
    ) -> Outcome:
        """Runs to the end; whatever the program started is gone by then, also when `check` raises."""
        ...
