"""What every backend is asked for: whether it works on this machine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from builds.sandbox.cgroups import ControlGroups
from builds.sandbox.contract import Sandbox
from builds.sandbox.network import Registries


@dataclass(frozen=True, slots=True)
class Machine:
    """What the operator has set. `slots` is a folder of the platform's own; without `groups` memory is watched."""

    slots: Path
    groups: ControlGroups | None = None
    registries: Registries | None = None
    container_program: str = ""
    container_image: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """A sandbox that works, or the reason why there is none, and what to do about it."""

    sandbox: Sandbox | None
    reason: str = ""
    next_step: str = ""


Finder = Callable[[Machine], Found]
