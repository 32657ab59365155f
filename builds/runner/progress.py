"""The port through which a build says what it does, and hears that it must stop."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol


class Progress(Protocol):
    def step(self, name: str) -> AbstractContextManager[None]:
        """The block is one step of the timeline; lines in it belong to the step."""
        ...

    def line(self, text: str) -> None: ...

    def check(self) -> None:
        """Raises what must end the build: cancelled, or the lease is lost."""
        ...
