"""What a platform is given, what it answers, and what it can do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from builds.runner.progress import Progress


class Verified(StrEnum):
    """How far an adapter was tried."""

    HERE = "here"  # it is this installation itself
    COUNTERPART = "counterpart"  # against a fake that was checked against the vendor's description, and no further
    LIVE = "live"  # against the vendor


@dataclass(frozen=True, slots=True)
class PlatformTraits:
    """What a platform can do. Pages, preflights and the contract suite read it."""

    version_urls: bool  # each deployment has an address of its own
    canary: bool  # several versions can share the traffic by percentage
    native_rollback: bool  # moving traffic needs no new upload
    live_logs: bool
    volumes: bool = False  # a disk that outlives releases
    scale_to_zero: bool = False
    domains: bool = False  # custom hostnames
    stages: bool = True  # a version can be there and serve nobody; else what is released serves at once
    fetches: bool = False  # the vendor takes no upload, and fetches the bundle from this installation
    verified: Verified = Verified.COUNTERPART


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
