"""What counts of a team's deployments and agents against its quotas."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.db.models.functions import Now

from core.errors import UserError
from deployments.models import Deployment, DeploymentStatus, Instance, Wanted
from projects.models import Team
from projects.quotas import DEPLOYMENTS, RUNNING_AGENTS

_DAY: Final = timedelta(hours=24)
#: Nothing was done for these: a stranger's pull requests must not use up what the team has.
_COST_NOTHING: Final = (DeploymentStatus.SKIPPED, DeploymentStatus.WAITING)


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
