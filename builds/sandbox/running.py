"""Runs a launched program to its end: fed, followed, watched, and gone with all that it started."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from typing import Final

from builds.runner.streams import Streams
from builds.sandbox.breaches import Breach, exceeded
from builds.sandbox.cgroups import ControlGroup
from builds.sandbox.contract import Outcome, Specification
from builds.sandbox.disk_quota import DiskQuota
from builds.sandbox.launching import Launch, closing, spawn
from builds.sandbox.process_tree import ProcessTree
from builds.sandbox.watching import Watch

_FIRST_LOOK_SECONDS: Final = 0.004
_LOOK_SECONDS: Final = 0.05


def run_to_end(
    launch: Launch,
    specification: Specification,
    group: ControlGroup | None,
    *,
    guards: int,
    check: Callable[[], None],
    line: Callable[[str], None],
    tree: Callable[[int], ProcessTree] = ProcessTree,
    end: Callable[[], None] = lambda: None,
) -> Outcome:
    """`tree` are the program's processes, by the pid of what was launched; `end` ends what is not among them."""
    limits = specification.limits
    quota = DiskQuota((specification.folder, *specification.writable), limits.disk_bytes, limits.file_bytes)
    with closing(launch):
        stdin = launch.memory(specification.stdin) if specification.stdin else subprocess.DEVNULL
        process = spawn(launch, group, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        watch = Watch(tree(process.pid), limits, quota, group, guards)
        streams = Streams(process, line, limits.output_bytes)
        try:
            breach = _until_end(process, watch, streams, check, limits.seconds)
        finally:
            end()
            watch.tree.kill()
            process.kill()
            process.wait()
            streams.close()
    breach = breach or watch.last_look(process.returncode) or (Breach.OUTPUT if streams.is_over_limit else None)
    error = exceeded(breach, limits) if breach else None
    return Outcome(process.returncode, streams.output, streams.last_lines, error, watch.usage)


def _until_end(
    process: subprocess.Popen[bytes],
    watch: Watch,
    streams: Streams,
    check: Callable[[], None],
    seconds: float | None,
) -> Breach | None:
    deadline = None if seconds is None else time.monotonic() + seconds
    pause = _FIRST_LOOK_SECONDS
    while not _ended(process, pause):
        check()
        breach = watch.look()
        if breach is not None:
            return breach
        if streams.is_over_limit:
            return Breach.OUTPUT
        if deadline is not None and time.monotonic() > deadline:
            return Breach.TIME
        pause = min(pause * 2, _LOOK_SECONDS)
    return None


def _ended(process: subprocess.Popen[bytes], seconds: float) -> bool:
    try:
        process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        return False
    return True
