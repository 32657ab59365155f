"""What a platform is given, what it answers, and what it can do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from builds.runner.progress import Progress


@dataclass(frozen=True, slots=True)
class PlatformTraits:
    version_urls: bool  # each deployment has an address of its own
    canary: bool
    native_rollback: bool  # moving traffic needs no new upload
    live_logs: bool


@dataclass(frozen=True, slots=True)
class ReleaseSpec:
    """One deployment to bring up; identified by its row's id, so that a second try continues the first."""

    deployment_id: int
    health_seconds: int
    node_seconds: int = 0  # how long to wait for a machine to be there


class InstanceState(Protocol):
    """What is observed of a deployment's process."""

    @property
    def observed(self) -> str: ...

    @property
    def error(self) -> dict[str, str] | None: ...


class InstanceControl(Protocol):
    """How a release speaks to the machines: it writes what is wanted, and reads what is observed."""

    def want_running(self, deployment_id: int) -> None: ...

    def state(self, deployment_id: int) -> InstanceState: ...


Release = Callable[[ReleaseSpec, InstanceControl, Progress], None]


@dataclass(frozen=True, slots=True)
class PlatformModule:
    traits: PlatformTraits
    release: Release
