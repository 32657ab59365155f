"""The port through which a build runs a stranger's code or tools: each command says what it must see."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from builds.runner.commands import Command, Outcome, run
from builds.runner.progress import Progress


@dataclass(frozen=True, slots=True)
class Needs:
    """Folders and files by their real paths, beyond the system's own. `registry`: packages are fetched."""

    reads: tuple[Path, ...] = ()
    writes: tuple[Path, ...] = ()
    registry: bool = False


class Sandbox(Protocol):
    def run(self, command: Command, needs: Needs, progress: Progress) -> Outcome:
        """Runs to the end; lines of stderr go to the build's log. Raises TimeLimitError and what `check` raises."""
        ...


class Unconfined:
    """No sandbox: for a person's own project on the person's own machine."""

    def run(self, command: Command, _needs: Needs, progress: Progress) -> Outcome:
        return run(command, check=progress.check, line=progress.line)
