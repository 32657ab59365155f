"""The port of the places where agents keep their memory: one account, and what is asked of it.

Every call may come again, as at platforms: it continues what an earlier attempt began. It is asked before the build, so
that what is wrong is said before anybody waited. Nothing is removed that was not made here for this place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from builds.runner.progress import Progress
from deployments.platforms.cloud import AccountCheck, CredentialField, Endpoints, Ids


@dataclass(frozen=True, slots=True)
class Place:
    """What keeps the memory of one place of a destination. `name` and `mark` are as those of a platform's service.

    `production` is there for a preview: it begins with what that has, or with nothing, and goes with its branch.
    `kept` are the variables that an earlier call gave: what a vendor says once only is taken from there.
    """

    name: str
    mark: str
    config: Mapping[str, object] = field(default_factory=dict)
    production: Place | None = None
    kept: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Kept:
    """The variables by which the agent finds it; all of them are secrets. `detail` says where it is."""

    variables: Mapping[str, str] = field(repr=False)
    detail: str = ""


class Storage(Protocol):
    """One account. Raises UserError for what the person can mend, PlatformError for what may pass."""

    def check(self) -> AccountCheck:
        """What the credential is good for; changes nothing."""
        ...

    def ensure(self, place: Place, memory: Ids, progress: Progress) -> Kept:
        """Made where it is not there yet, and asked whether an agent can keep something in it."""
        ...

    def remove(self, place: Place, memory: Ids) -> None:
        """What was made for it, with all that is in it. Without an effect where nothing is left."""
        ...


Connect = Callable[[Mapping[str, str], Endpoints], Storage]


@dataclass(frozen=True, slots=True)
class StorageModule:
    """A kind of storage, as the registry holds it. `config` describes what deployment.yml may say for it."""

    credentials: tuple[CredentialField, ...]
    connect: Connect
    config: Mapping[str, str] = field(default_factory=dict)
