"""A record of each access to a data source."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from core.errors import DextoError
from core.resources import NamedSource, Resource, ResourceLoader


@dataclass(frozen=True, slots=True)
class Access:
    """One access to a data source: who, which source, which URI, when, and what came of it."""

    actor: str
    source: str
    uri: str
    at: datetime
    #: The content's digest, or the error's code.
    outcome: str


class AccessLog(Protocol):
    """Keeps the records of accesses. Called from several threads."""

    def record(self, access: Access) -> None: ...


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class AuditedLoader:
    """Records each access, also the failed ones. A record holds no query of a URI: it may be a signature."""

    loader: ResourceLoader
    actor: str
    log: AccessLog
    clock: Callable[[], datetime] = _now

    def supports(self, uri: str, source: NamedSource) -> bool:
        return self.loader.supports(uri, source)

    def load(self, uri: str, source: NamedSource) -> Resource:
        outcome = "interrupted"
        try:
            resource = self.loader.load(uri, source)
            outcome = resource.digest
        except DextoError as error:
            outcome = error.code
            raise
        finally:
            self.log.record(Access(self.actor, source.name, uri.partition("?")[0], self.clock(), outcome))
        return resource
