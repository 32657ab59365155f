"""The kernel's own limits of a process, put before its command."""

from __future__ import annotations

import resource

from builds.sandbox.contract import Limits


def limit_argv(limits: Limits, *, counts_user: bool) -> list[str]:
    """`counts_user` where all processes of the program's user are the program's.

    One more than the limit can be started: who has more than the limit is ended by the watch, with its name.
    """
    bounds = {
        "nofile": (resource.RLIMIT_NOFILE, limits.open_files),
        "fsize": (resource.RLIMIT_FSIZE, limits.file_bytes),
        "core": (resource.RLIMIT_CORE, 0),
    }
    if counts_user:
        bounds["nproc"] = (resource.RLIMIT_NPROC, limits.processes + 1)
    words = [f"--{name}={lowered(number, wanted)}" for name, (number, wanted) in bounds.items()]
    if limits.cpu_seconds is not None:  # first the signal that names the limit, later the one that does not
        hard = lowered(resource.RLIMIT_CPU, limits.cpu_seconds + 5)
        words.append(f"--cpu={min(limits.cpu_seconds, hard)}:{hard}")
    nice = ["nice", "-n", str(limits.niceness)] if limits.niceness else []
    return [*nice, "prlimit", *words, "--"]


def lowered(number: int, wanted: int) -> int:
    """Nobody but root may raise what this process itself was given."""
    _soft, hard = resource.getrlimit(number)
    return wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
