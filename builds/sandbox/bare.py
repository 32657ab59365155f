"""No sandbox: limits alone. For a person's own code on a person's own machine, or where the operator says so.

A program in here can read and reach what its user can. As root it gets another user where that can be.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from builds.sandbox import slots
from builds.sandbox.backend import Found, Machine
from builds.sandbox.cgroups import ControlGroups
from builds.sandbox.contract import Backend, Outcome, Specification
from builds.sandbox.launching import Launch
from builds.sandbox.limit_argv import limit_argv
from builds.sandbox.running import run_to_end
from builds.sandbox.staging import as_user_argv, can_be_reached

_BASE: Final = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": "/nonexistent"}


@dataclass(frozen=True, slots=True)
class Bare:
    slots: Path
    groups: ControlGroups | None = None
    backend: Backend = Backend.NONE

    def run(
        self,
        specification: Specification,
        *,
        check: Callable[[], None],
        line: Callable[[str], None] = lambda _: None,
    ) -> Outcome:
        group = self.groups.make(specification.limits.memory_bytes) if self.groups else None
        try:
            launch = self._launch(specification)
            return run_to_end(launch, specification, group, guards=0, check=check, line=line)
        finally:
            if group is not None:
                group.remove()

    def stay(self, specification: Specification) -> Launch:
        launch = self._launch(specification)
        if launch.lock is not None:
            launch.descriptors.append(launch.lock)
            launch.lock = None
        return launch

    def _launch(self, specification: Specification) -> Launch:
        environment = {**_BASE, **specification.environment}
        launch = Launch([], environment, folder=specification.starts_in or specification.folder)
        uid = self._user(launch, specification)
        limits = limit_argv(specification.limits, counts_user=uid is not None)
        launch.argv = [*as_user_argv(uid), *limits, *specification.argv]
        return launch

    def _user(self, launch: Launch, specification: Specification) -> int | None:
        reached = (specification.folder, *specification.writable, *specification.readable)
        slot = slots.take(self.slots, specification) if all(map(can_be_reached, reached)) else None
        if slot is None:
            return None
        launch.lock = slot.lock
        for folder in (specification.folder, *specification.writable):
            slots.give(folder, slot.uid)
        return slot.uid


def find(machine: Machine) -> Found:
    sandbox = Bare(machine.slots, machine.groups)
    return Found(sandbox, sandbox)
