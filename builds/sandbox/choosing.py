"""Which sandbox works on this machine, and why the others do not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from builds.sandbox import bare, bubblewrap, container
from builds.sandbox.backend import Finder, Found, Keeper, Machine
from builds.sandbox.cgroups import MemoryControl
from builds.sandbox.contract import Backend, Sandbox
from core.errors import PlatformError

BACKENDS: Final[Mapping[Backend, Finder]] = {
    Backend.BUBBLEWRAP: bubblewrap.find,
    Backend.CONTAINER: container.find,
    Backend.NONE: bare.find,
}
_CONFINING: Final = (Backend.BUBBLEWRAP, Backend.CONTAINER)


@dataclass(frozen=True, slots=True)
class Choice:
    """The sandbox of this machine, in words that a page can show. `is_confined` is False for limits alone."""

    sandbox: Sandbox
    keeper: Keeper | None
    is_confined: bool
    memory: MemoryControl
    sentence: str
    next_step: str = ""


def survey(machine: Machine) -> dict[Backend, Found]:
    """Each backend, tried."""
    return {backend: find(machine) for backend, find in BACKENDS.items()}


def choose(
    machine: Machine, *, wanted: Backend | None = None, may_be_bare: bool = False, stays: bool = False
) -> Choice:
    """`wanted` is the operator's; else the first that works; `stays` is for programs that do. Raises PlatformError."""
    tried: dict[Backend, Found] = {}
    for backend in _CONFINING if wanted is None else (wanted,):
        if backend in _CONFINING:
            tried[backend] = found = BACKENDS[backend](machine)
            if found.sandbox is not None and (found.keeper is not None or not stays):
                return _confined(found.sandbox, found.keeper, machine)
    if not may_be_bare:
        raise _missing(tried)
    return _bare(tried, machine)


def _confined(sandbox: Sandbox, keeper: Keeper | None, machine: Machine) -> Choice:
    memory = _memory(machine)
    return Choice(
        sandbox,
        keeper,
        is_confined=True,
        memory=memory,
        sentence=f"Code of projects runs in a sandbox ({sandbox.backend.value}; memory: {memory.value}).",
    )


def _bare(tried: Mapping[Backend, Found], machine: Machine) -> Choice:
    found = BACKENDS[Backend.NONE](machine)
    assert found.sandbox is not None  # noqa: S101  # limits alone are possible anywhere
    return Choice(
        found.sandbox,
        found.keeper,
        is_confined=False,
        memory=_memory(machine),
        sentence=f"Code of projects runs with resource limits alone. {_reasons(tried)}".strip(),
        next_step=_next_step(tried),
    )


def _missing(tried: Mapping[Backend, Found]) -> PlatformError:
    return PlatformError(
        "sandbox_missing",
        f"Strangers' code cannot be run here without a sandbox. {_reasons(tried)}".strip(),
        f"{_next_step(tried)} Only if every project here is your own: DEXTO_INSECURE_BUILDS=1.",
    )


def _reasons(tried: Mapping[Backend, Found]) -> str:
    return " ".join(found.reason for found in tried.values() if found.reason)


def _next_step(tried: Mapping[Backend, Found]) -> str:
    return next((found.next_step for found in tried.values() if found.next_step), "Set DEXTO_SANDBOX to auto.")


def _memory(machine: Machine) -> MemoryControl:
    return machine.groups.control if machine.groups else MemoryControl.WATCHED
