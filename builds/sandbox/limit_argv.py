"""The kernel's own limits of a process, put before its command."""

from __future__ import annotations

from typing import Final

from builds.sandbox.contract import Limits

_NICE: Final = 10  # a program that spins must not keep the platform from ending it


def limit_argv(limits: Limits, *, counts_user: bool) -> list[str]:
    """`counts_user` where all processes of the program's user are the program's.

    One more than the limit can be started: who has more than the limit is ended by the watch, with its name.
    """
    cpu = [f"--cpu={limits.cpu_seconds}:{limits.cpu_seconds + 5}"] if limits.cpu_seconds is not None else []
    processes = [f"--nproc={limits.processes + 1}"] if counts_user else []
    sizes = [f"--nofile={limits.open_files}", f"--fsize={limits.file_bytes}", "--core=0"]
    return ["nice", "-n", str(_NICE), "prlimit", *processes, *sizes, *cpu, "--"]
