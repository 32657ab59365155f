"""What an agent may see, reach and use: its sandbox, with limits of its own."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Final

from django.conf import settings

from builds.node_program import node_program
from builds.sandbox.backend import Keeper
from builds.sandbox.cgroups import ControlGroup, ControlGroups
from builds.sandbox.contract import Limits, Specification
from builds.sandbox.egress_process import Egress
from builds.sandbox.egress_rules import places
from builds.sandbox.launching import Launch
from builds.sandbox.network import RELAY, proxy_environment
from builds.sandboxes import agent_sandbox, machine
from deployments.nodes.agent_process import AgentSpec

_GROUP: Final = "agent-"
_ONE_AT_A_TIME: Final = Lock()  # there is one way out, and so one keeper of it
_TMP_BYTES: Final = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Confinement:
    """`is_confined` is False for limits alone, where the network is the machine's."""

    keeper: Keeper
    is_confined: bool
    limits: Limits
    egress: Egress
    node: Path
    groups: ControlGroups | None = None
    hidden: Path | None = None  # the platform's own data

    @property
    def way_out(self) -> Path | None:
        """The proxy's socket, where that is the only way."""
        return self.egress.socket if self.is_confined else None

    @property
    def guards(self) -> int:
        """Processes around an agent: the shell that stays, and bwrap's outer one."""
        return 2 if self.is_confined else 0

    def launch(self, spec: AgentSpec) -> Launch:
        if not self.is_confined:
            return self.keeper.stay(self._specification(spec))
        self.egress.ensure()
        specification = replace(self._specification(spec), proxy=self.egress.socket)
        return self.keeper.stay(self._relayed(specification) if spec.needs_relay else specification)

    def group(self, name: str) -> ControlGroup | None:
        """A new one: what the kernel has counted in one of before is not this agent's."""
        if self.groups is None:
            return None
        self.groups.named(f"{_GROUP}{name}").remove()
        return self.groups.make(self.limits.memory_bytes, f"{_GROUP}{name}")

    def known_group(self, name: str) -> ControlGroup | None:
        group = self.groups.named(f"{_GROUP}{name}") if self.groups else None
        return group if group is not None and group.path.exists() else None

    def sweep(self) -> None:
        """Groups that have no process are left from agents of before."""
        for path in self.groups.parent.glob(f"dexto-{_GROUP}*") if self.groups else ():
            with suppress(OSError):
                path.rmdir()

    def _specification(self, spec: AgentSpec) -> Specification:
        return Specification(
            spec.argv,
            spec.state,
            self.limits,
            writable=(spec.socket.parent,),
            readable=(self.node.parents[1], *self._readable(spec)),
            environment=spec.environment,
            starts_in=spec.folder,
            keeps_user=True,
        )

    def _readable(self, spec: AgentSpec) -> Iterator[Path]:
        """A folder with the platform's data in it is given without that: its parts, one by one."""
        for path in (*spec.reads, *([Path(sys.base_prefix)] if spec.argv[0] == sys.executable else [])):
            if self.hidden is not None and self.hidden.is_relative_to(path):
                yield from (part for part in path.iterdir() if part.name[0] != "." and part != self.hidden)
            elif not path.is_relative_to("/usr"):
                yield path

    def _relayed(self, specification: Specification) -> Specification:
        program, *words = specification.argv
        relay = ("--import", str(RELAY)) if Path(program) == self.node else (str(RELAY), "--", program)
        return replace(
            specification,
            argv=(str(self.node), *relay, *words),
            readable=(*specification.readable, RELAY),
            environment={
                **specification.environment,
                **proxy_environment(self.egress.socket, places(self.egress.also)),
            },
        )


def confinement() -> Confinement:
    """Raises PlatformError where agents cannot be confined, and may not run otherwise; that is tried anew."""
    with _ONE_AT_A_TIME:
        return _found()


@lru_cache(maxsize=1)
def _found() -> Confinement:
    choice = agent_sandbox()
    assert choice.keeper is not None  # noqa: S101  # asked for one that keeps
    return Confinement(
        choice.keeper,
        choice.is_confined,
        agent_limits(),
        Egress(settings.RUN_DIR / "egress" / "proxy.sock", settings.AGENT_HOSTS),
        node_program(),
        machine().groups,
        settings.DATA_DIR,
    )


def agent_limits() -> Limits:
    return Limits(
        memory_bytes=settings.AGENT_MEMORY_BYTES,
        processes=settings.AGENT_PROCESSES,
        file_bytes=settings.AGENT_DISK_BYTES,
        disk_bytes=settings.AGENT_DISK_BYTES,
        tmp_bytes=_TMP_BYTES,
        niceness=0,
        cpu_seconds=None,
        seconds=None,
    )
