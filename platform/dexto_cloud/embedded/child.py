"""One process that is to run: what to start, how to see that it is ready, how to stop it."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGTERM, Signals
from typing import Final

#: Where the virtual environment has its programs.
PROGRAMS: Final = Path(sys.executable).parent


@dataclass(frozen=True, slots=True)
class Child:
    """`ready` is asked until it is true; `user` is a (uid, gid) to run as; `socket` is where it will listen."""

    name: str
    argv: tuple[str, ...]
    ready: Callable[[], bool]
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    stop_signal: Signals = SIGTERM
    stop_seconds: float = 10
    ready_seconds: float = 30
    user: tuple[int, int] | None = None
    folder: Path | None = None
    socket: Path | None = None


def program(name: str) -> str:
    return str(PROGRAMS / name)


def accepts(address: str | tuple[str, int]) -> bool:
    """Whether somebody listens: at a path, or at a host and port."""
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    with socket.socket(family) as probe:
        probe.settimeout(1)
        return probe.connect_ex(address) == 0
