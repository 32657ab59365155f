"""Which sandbox works on this machine, and why the others do not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from builds.sandbox import bare, bubblewrap, container
from builds.sandbox.backend import Finder, Found, Machine
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
    is_confined: bool
    memory: str
    sentence: str
    next_step: str = ""


def survey(machine: Machine) -> dict[Backend, Found]:
    """Each backend, tried."""
    return {backend: find(machine) for backend, find in BACKENDS.items()}


def choose(machine: Machine, *, wanted: Backend | None = None, may_be_bare: bool = False) -> Choice:
    """`wanted` is the operator's; else the first that works. Raises PlatformError where none may be used."""
    tried: dict[Backend, Found] = {}
    for backend in (wanted,) if wanted in _CONFINING else _CONFINING if wanted is None else ():
        assert backend is not None  # noqa: S101  # one of the two
        tried[backend] = found = BACKENDS[backend](machine)
        if found.sandbox is not None:
            return _confined(found.sandbox, machine)
    reasons = " ".join(f"{backend.value}: {found.reason}" for backend, found in tried.items())
    first = next(iter(tried.values()), Found(None, "", "Set DEXTO_SANDBOX to auto."))
    bare_one = BACKENDS[Backend.NONE](machine).sandbox
    if not may_be_bare or bare_one is None:
        raise PlatformError(
            "sandbox_missing",
            f"Strangers' code cannot be run here without a sandbox. {reasons}".strip(),
            f"{first.next_step} Only if every project here is your own: DEXTO_INSECURE_BUILDS=1.",
        )
    return Choice(
        bare_one,
        is_confined=False,
        memory=_memory(machine),
        sentence=f"Code of projects runs with resource limits alone. {reasons}".strip(),
        next_step=first.next_step,
    )


def _confined(sandbox: Sandbox, machine: Machine) -> Choice:
    return Choice(
        sandbox,
        is_confined=True,
        memory=_memory(machine),
        sentence=f"Code of projects runs in a sandbox ({sandbox.backend.value}; memory: {_memory(machine)}).",
    )


def _memory(machine: Machine) -> str:
    return machine.groups.control.value if machine.groups else "watched processes"
