"""What an adapter says while it works: kept without the values that it was given, or for nobody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

import structlog

from builds.redaction import Redactor
from builds.runner.progress import Progress
from projects.leases import Lease

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Discreet:
    """A Progress that takes secrets out of what is said to another."""

    progress: Progress
    redactor: Redactor

    @classmethod
    def of(cls, progress: Progress, secrets: Mapping[str, str]) -> Discreet:
        return cls(progress, Redactor.of(secrets))

    def step(self, name: str) -> AbstractContextManager[None]:
        return self.progress.step(name)

    def line(self, text: str) -> None:
        self.progress.line(self.redactor.text(text))

    def check(self) -> None:
        self.progress.check()


@dataclass(frozen=True, slots=True)
class Unseen:
    """A Progress of work that has no log of its own; it still hears that it must stop."""

    lease: Lease

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        self.lease.check()
        log.debug("step", step=name)
        yield

    def line(self, text: str) -> None:
        """A person sees the outcome, and the error where there is one."""

    def check(self) -> None:
        self.lease.check()
