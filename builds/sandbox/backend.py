"""What every backend is asked for: whether it works on this machine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from builds.sandbox.cgroups import ControlGroups
from builds.sandbox.contract import Sandbox, Specification
from builds.sandbox.launching import Launch
from builds.sandbox.network import Registries


@dataclass(frozen=True, slots=True)
class Machine:
    """What the operator has set. `slots` is a folder of the platform's own; without `groups` memory is watched."""

    slots: Path
    groups: ControlGroups | None = None
    registries: Registries | None = None
    container_program: str = ""
    container_image: str = ""


class Keeper(Protocol):
    """A sandbox for programs that stay: they outlive the process that starts them."""

    def stay(self, specification: Specification) -> Launch: ...


@dataclass(frozen=True, slots=True)
class Found:
    """A sandbox that works, or the reason why there is none, and what to do about it."""

    sandbox: Sandbox | None = None
    keeper: Keeper | None = None
    reason: str = ""
    next_step: str = ""


Finder = Callable[[Machine], Found]
