"""How much one team may have and use. Each limit is a setting; 0 is no limit.

Whoever is about to use some up asks in the transaction that does: until it commits nobody else of the team is
counted, so that two at once do not both take the last one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.db import connection

from core.errors import UserError
from projects.models import Team


@dataclass(frozen=True, slots=True)
class Quota:
    """`setting` names the limit; `refused` says that it is reached. `is_bytes` is how it is counted."""

    setting: str
    title: str
    refused: Callable[[int], UserError]
    is_bytes: bool = False

    @property
    def limit(self) -> int:
        """0 is none."""
        return int(getattr(settings, self.setting))

    def refusal(self, team: Team, used: Callable[[], int], *, more: int = 1) -> UserError | None:
        """Why `more` cannot be had, None where they can. Holds the team's others back until the transaction ends."""
        limit = self.limit
        if not limit:
            return None
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"{self.setting}:{team.pk}"])
        return self.refused(limit) if used() + more > limit else None

    def require(self, team: Team, used: Callable[[], int], *, more: int = 1) -> None:
        """Raises the refusal."""
        if refusal := self.refusal(team, used, more=more):
            raise refusal


_ASK: Final = "or ask the installation's operator for more"

PROJECTS: Final = Quota(
    "TEAM_PROJECTS",
    "Projects",
    lambda limit: UserError(
        "quota_projects", f"The team has its {limit} projects.", f"Delete one that is not used, {_ASK}."
    ),
)
STORED_BYTES: Final = Quota(
    "TEAM_STORED_BYTES",
    "Content of bundles",
    lambda limit: UserError(
        "quota_stored_bytes",
        f"The team's bundles fill their {limit / 1_000_000:,.0f} MB.",
        f"Make the project smaller, delete projects, wait for old deployments to expire, {_ASK}.",
    ),
    is_bytes=True,
)
DEPLOYMENTS: Final = Quota(
    "TEAM_DEPLOYMENTS_PER_DAY",
    "Deployments in 24 hours",
    lambda limit: UserError(
        "quota_deployments",
        f"The team made its {limit} deployments of the last 24 hours.",
        f"Wait, and redeploy then, {_ASK}. Rolling back is always possible.",
    ),
)
RUNNING_AGENTS: Final = Quota(
    "TEAM_RUNNING_AGENTS",
    "Agents that run now",
    lambda limit: UserError(
        "quota_running_agents",
        f"The team's {limit} agents that may run at once all run.",
        f"Wait until an idle one sleeps, delete branches with previews, {_ASK}.",
    ),
)
