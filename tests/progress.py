"""What a build says, kept for a test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(slots=True)
class Said:
    """A Progress. `stop` is raised at the next check."""

    steps: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    stop: Exception | None = None
    stop_in: str = ""  # the step from which on `stop` is raised, if not from the first

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        self.check()
        self.steps.append(name)
        yield

    def line(self, text: str) -> None:
        self.lines.append(text)

    def check(self) -> None:
        if self.stop and (not self.stop_in or self.stop_in in self.steps):
            raise self.stop
