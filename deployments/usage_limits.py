"""What counts of a team's deployments and agents against its quotas, and how much of each is used."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.db.models import Sum
from django.db.models.functions import Now

from builds.models import Blob
from core.errors import UserError
from deployments.models import Deployment, DeploymentStatus, Instance, Wanted
from projects.models import Project, Team
from projects.quotas import DEPLOYMENTS, PROJECTS, RUNNING_AGENTS, STORED_BYTES, Quota

_DAY: Final = timedelta(hours=24)
#: Nothing was done for these: a stranger's pull requests must not use up what the team has.
_COST_NOTHING: Final = (DeploymentStatus.SKIPPED, DeploymentStatus.WAITING)


@dataclass(frozen=True, slots=True)
class Use:
    """How much of a quota a team uses now, in bytes or by number, and what it is told at the limit; 0 is no limit."""

    name: str
    title: str
    used: int
    limit: int
    is_bytes: bool
    at_limit: str
    next_step: str

    @property
    def percent(self) -> int:
        return min(100, self.used * 100 // self.limit) if self.limit else 0


def uses(team: Team) -> list[Use]:
    counted = {
        PROJECTS: Project.objects.for_team(team).count(),
        STORED_BYTES: int(Blob.objects.for_team(team).aggregate(sum=Sum("size"))["sum"] or 0),
        DEPLOYMENTS: _made_today(team),
        RUNNING_AGENTS: _running(team),
    }
    return [_use(quota, used) for quota, used in counted.items()]


def _use(quota: Quota, used: int) -> Use:
    told = quota.refused(quota.limit)
    name = told.code.removeprefix("quota_")
    return Use(name, quota.title, used, quota.limit, quota.is_bytes, told.sentence, told.next_step)


def deployments_refusal(team: Team, *, more: int = 1) -> UserError | None:
    """Why no more deployments are made today. In the transaction that would make them."""
    return DEPLOYMENTS.refusal(team, lambda: _made_today(team), more=more)


def require_deployment(team: Team) -> None:
    """Raises UserError quota_deployments."""
    DEPLOYMENTS.require(team, lambda: _made_today(team))


def require_agent(team: Team) -> None:
    """Raises UserError quota_running_agents. In the transaction that wants one more to run."""
    RUNNING_AGENTS.require(team, lambda: _running(team))


def _made_today(team: Team) -> int:
    made = Deployment.objects.for_team(team).filter(created_at__gt=Now() - _DAY)
    return int(made.exclude(status__in=_COST_NOTHING).count())


def _running(team: Team) -> int:
    return int(Instance.objects.for_team(team).filter(wanted=Wanted.RUNNING).count())
