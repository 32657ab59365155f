"""What a runner is given, and what it answers: how to start a built bundle as a process that speaks plain HTTP."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from builds.node_program import node_program


@dataclass(frozen=True, slots=True)
class Listen:
    """Where the agent answers: a unix socket, or a port of `host`."""

    port: int = 0
    host: str = "127.0.0.1"
    socket: Path | None = None

    @property
    def environment(self) -> dict[str, str]:
        """How programs of Node are told."""
        return {"DEXTO_SOCKET": str(self.socket)} if self.socket else {"PORT": str(self.port), "HOST": self.host}


@dataclass(frozen=True, slots=True)
class RunSpec:
    """A bundle to run. `state` is a folder that outlives it: the agent's memory. `variables` are all it may see.

    `proxy` is the socket of the proxy that is its only way out, where it runs in a sandbox.
    """

    folder: Path
    entry: str
    state: Path
    listen: Listen
    variables: Mapping[str, str] = field(repr=False)
    proxy: Path | None = None


@dataclass(frozen=True, slots=True)
class Launch:
    """A program to start in `folder`; the environment is all that it sees of this machine's.

    It drains and ends on SIGTERM. `reads` is what it must be able to read, beside the system's own programs, and
    `writes` where it keeps things: for whoever starts it in a sandbox. `needs_relay` is False for a program that speaks
    to the proxy's socket itself.
    """

    argv: tuple[str, ...]
    folder: Path
    environment: Mapping[str, str] = field(repr=False)
    reads: tuple[Path, ...]
    writes: tuple[Path, ...]
    needs_relay: bool = True


Runner = Callable[[RunSpec], Launch]

#: Half the memory under load, for a tenth more of processor time; waits of callers stay what they are.
NODE_FLAGS = ("--optimize-for-size",)


def base_environment(spec: RunSpec) -> dict[str, str]:
    """What every program needs, and where an agent keeps its memory."""
    return {
        # An MCP server of the project is most often one more program of Node.
        "PATH": f"{node_program().parent}:/usr/local/bin:/usr/bin:/bin",
        "HOME": str(spec.state),
        "LANG": "C.UTF-8",
        "NODE_ENV": "production",
        "DEXTO_STATE_DIR": str(spec.state),
    }
