"""Who read what from which data source: into the team's audit."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Lock
from typing import Final

from builds.loaders.audited import Access
from projects.models import AuditEntry, Team

VERB: Final = "resource.read"
_LONGEST: Final = 2_000


@dataclass(slots=True)
class AccessRecord:
    """Holds accesses until `write`: loaders call from threads that have no connection to the database."""

    _accesses: list[Access] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def record(self, access: Access) -> None:
        with self._lock:
            self._accesses.append(access)

    def write(self, team: Team) -> None:
        """Writes what was recorded since the last time."""
        with self._lock:
            accesses, self._accesses = self._accesses, []
        AuditEntry.objects.bulk_create(_entry(team, one) for one in accesses)


def _entry(team: Team, access: Access) -> AuditEntry:
    # PostgreSQL's JSON knows no NUL.
    uri = access.uri[:_LONGEST].replace("\0", "�")
    detail = {"by": access.actor, "uri": uri, "outcome": access.outcome}
    return AuditEntry(team=team, verb=VERB, subject=access.source[:200], detail=detail, at=access.at)
