"""An agent project as a tree of names and text: where it is, which generation, which agents."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Protocol

from core.findings import Finding


class ProjectFiles(Protocol):
    """The files of a repository by name. Whoever implements it decides what a name may reach."""

    def paths(self) -> Iterable[PurePosixPath]:
        """The files' names, relative to the repository, in a stable order."""
        ...

    def size(self, path: PurePosixPath) -> int:
        """Bytes of the file."""
        ...

    def read_bytes(self, path: PurePosixPath) -> bytes:
        """The content. Raises ProjectError when there is no such file."""
        ...


class Generation(StrEnum):
    """The three shapes that agent projects have had."""

    PLAN = "plan"
    NOVEMBER_2025 = "november-2025"
    WORKSPACE = "workspace"


@dataclass(frozen=True, slots=True)
class AgentRef:
    """One agent of a project: its id and where its configuration is, relative to the repository."""

    id: str
    path: PurePosixPath
    name: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class Project:
    """What was found. `entry_agent` is None when no agent can be the default one; a finding says why."""

    root: PurePosixPath
    generation: Generation
    entry_agent: AgentRef | None
    agents: tuple[AgentRef, ...]
    findings: tuple[Finding, ...] = ()


def discover(files: ProjectFiles, root: str = "") -> Project:
    """Finds the project in a repository, at `root` when one is named."""
    raise NotImplementedError
