"""From a backend's command to a process of which the kernel counts the memory before its program begins."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

from builds.sandbox.cgroups import ControlGroup

_INFO_BYTES: Final = 4096


@dataclass(slots=True)
class Launch:
    """`descriptors` are inherited, and closed here once they are. With a gate the program waits until it is opened.

    `lock` is kept here until all has ended, by a backend that has nobody else to hold it.
    """

    argv: list[str]
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    folder: Path = Path("/")
    descriptors: list[int] = field(default_factory=list)
    info: int | None = None
    gate: int | None = None
    lock: int | None = None

    def memory(self, content: bytes) -> int:
        """A descriptor from which the content can be read: nothing of it shows in an argv."""
        descriptor = os.memfd_create("dexto", os.MFD_CLOEXEC)
        os.write(descriptor, content)
        os.lseek(descriptor, 0, os.SEEK_SET)
        self.descriptors.append(descriptor)
        return descriptor

    def close(self) -> None:
        for descriptor in self.descriptors:
            os.close(descriptor)
        for end in (self.info, self.gate, self.lock):
            if end is not None:
                os.close(end)
        self.descriptors, self.info, self.gate, self.lock = [], None, None, None


@contextmanager
def closing(launch: Launch) -> Iterator[Launch]:
    try:
        yield launch
    finally:
        launch.close()


def spawn(
    launch: Launch,
    group: ControlGroup | None,
    *,
    stdin: int | IO[bytes],
    stdout: int | IO[bytes],
    stderr: int | IO[bytes],
) -> subprocess.Popen[bytes]:
    """Its own session: no terminal of ours to type into, and one group to end."""
    process = subprocess.Popen(
        launch.argv,
        env=dict(launch.environment),
        cwd=launch.folder,
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        start_new_session=True,
        pass_fds=tuple(launch.descriptors),
    )
    for descriptor in launch.descriptors:
        os.close(descriptor)
    launch.descriptors = []
    pids = {process.pid, *_first_process(launch)}
    if group is not None:
        with suppress(ProcessLookupError):  # it has ended already; its exit code says why
            group.admit(pids)
    if launch.gate is not None:
        with suppress(BrokenPipeError):
            os.write(launch.gate, b"\n")
    return process


def _first_process(launch: Launch) -> Iterator[int]:
    """The pid of the sandbox's own first process, as bwrap says it; none when it could not be made."""
    if launch.info is None:
        return
    said = b""
    while b"}" not in said and (more := os.read(launch.info, _INFO_BYTES)):
        said += more
    with suppress(ValueError, KeyError):
        yield int(json.loads(said)["child-pid"])
