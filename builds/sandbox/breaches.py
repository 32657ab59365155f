"""Which limit ended a program, in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum, auto
from typing import Final

from builds.sandbox.contract import Limits
from core.errors import TimeLimitError, UserError


class Breach(Enum):
    MEMORY = auto()
    PROCESSES = auto()
    CPU = auto()
    OPEN_FILES = auto()
    FILE_SIZE = auto()
    DISK = auto()
    OUTPUT = auto()
    TIME = auto()


def exceeded(breach: Breach, limits: Limits) -> UserError:
    return _ERRORS[breach](limits)


def _memory(limits: Limits) -> UserError:
    return UserError(
        "limit_memory",
        f"It used more than {_megabytes(limits.memory_bytes)} of memory, and was ended.",
        "Make it need less, or raise the limit in the settings.",
    )


def _processes(limits: Limits) -> UserError:
    return UserError(
        "limit_processes",
        f"It started more than {limits.processes} processes and threads, and was ended.",
        "Start fewer at once, or raise the limit in the settings.",
    )


def _cpu(limits: Limits) -> UserError:
    return UserError(
        "limit_cpu",
        f"It used more than {limits.cpu_seconds} s of processor time, and was ended.",
        "Make it do less, or raise the limit in the settings.",
    )


def _open_files(limits: Limits) -> UserError:
    return UserError(
        "limit_open_files",
        f"It held {limits.open_files} files open at once, and was ended.",
        "Close files that are done with, or raise the limit in the settings.",
    )


def _file_size(limits: Limits) -> UserError:
    return UserError(
        "limit_file_size",
        f"It wrote a file of {_megabytes(limits.file_bytes)} or more, and was ended.",
        "Write smaller files, or raise the limit in the settings.",
    )


def _disk(limits: Limits) -> UserError:
    return UserError(
        "limit_disk",
        f"It wrote more than {_megabytes(limits.disk_bytes)} to disk, and was ended.",
        "Write less, or raise the limit in the settings.",
    )


def _output(limits: Limits) -> UserError:
    return UserError(
        "limit_output",
        f"It printed more than {_megabytes(limits.output_bytes)}, and was ended.",
        "Print less.",
    )


def _time(limits: Limits) -> UserError:
    return TimeLimitError(
        "limit_time",
        f"It took longer than {limits.seconds:g} s, and was ended.",
        "Make the step smaller, or raise its limit in the settings.",
    )


def _megabytes(count: int) -> str:
    return f"{count / 1_048_576:,.0f} MiB"


_ERRORS: Final[Mapping[Breach, Callable[[Limits], UserError]]] = {
    Breach.MEMORY: _memory,
    Breach.PROCESSES: _processes,
    Breach.CPU: _cpu,
    Breach.OPEN_FILES: _open_files,
    Breach.FILE_SIZE: _file_size,
    Breach.DISK: _disk,
    Breach.OUTPUT: _output,
    Breach.TIME: _time,
}
