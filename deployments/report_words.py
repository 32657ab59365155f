"""How our states are said in the code host's words. Pure: from rows that were read to what is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from clients.code_host import CheckConclusion, DeploymentState, StatusState
from deployments.models import Deployment, DeploymentStatus


@dataclass(frozen=True, slots=True)
class Said:
    """One of our states in each of the host's vocabularies. A check without a conclusion is in progress; without a
    `deployment` there is nothing to be told as one."""

    words: str
    status: StatusState
    deployment: DeploymentState | None
    check: CheckConclusion | None


SAID: Final[Mapping[DeploymentStatus, Said]] = {
    DeploymentStatus.WAITING: Said("Waiting for approval", StatusState.PENDING, DeploymentState.QUEUED, None),
    DeploymentStatus.QUEUED: Said("Queued", StatusState.PENDING, DeploymentState.QUEUED, None),
    DeploymentStatus.BUILDING: Said("Building", StatusState.PENDING, DeploymentState.IN_PROGRESS, None),
    DeploymentStatus.DEPLOYING: Said("Deploying", StatusState.PENDING, DeploymentState.IN_PROGRESS, None),
    DeploymentStatus.READY: Said("Ready", StatusState.SUCCESS, DeploymentState.SUCCESS, CheckConclusion.SUCCESS),
    DeploymentStatus.FAILED: Said("Failed", StatusState.FAILURE, DeploymentState.FAILURE, CheckConclusion.FAILURE),
    DeploymentStatus.CANCELLED: Said(
        "Cancelled", StatusState.ERROR, DeploymentState.INACTIVE, CheckConclusion.CANCELLED
    ),
    # Required checks would wait for ever for a commit that is left out on purpose.
    DeploymentStatus.SKIPPED: Said("Skipped", StatusState.SUCCESS, None, CheckConclusion.SKIPPED),
    DeploymentStatus.SUPERSEDED: Said(
        "Superseded", StatusState.ERROR, DeploymentState.INACTIVE, CheckConclusion.CANCELLED
    ),
    DeploymentStatus.TIMED_OUT: Said(
        "Timed out", StatusState.FAILURE, DeploymentState.FAILURE, CheckConclusion.TIMED_OUT
    ),
    DeploymentStatus.LOST: Said("Lost", StatusState.ERROR, DeploymentState.ERROR, CheckConclusion.FAILURE),
}

_FAILED: Final = (DeploymentStatus.FAILED, DeploymentStatus.TIMED_OUT, DeploymentStatus.LOST)
#: What several destinations come to together is what comes first here.
_GRAVITY: Final = (
    DeploymentStatus.FAILED,
    DeploymentStatus.TIMED_OUT,
    DeploymentStatus.LOST,
    DeploymentStatus.WAITING,
    DeploymentStatus.QUEUED,
    DeploymentStatus.BUILDING,
    DeploymentStatus.DEPLOYING,
    DeploymentStatus.CANCELLED,
    DeploymentStatus.SUPERSEDED,
    DeploymentStatus.READY,
    DeploymentStatus.SKIPPED,
)


def gravest(deployments: Sequence[Deployment]) -> Deployment:
    """The one that decides what is said of all of them: a destination that may fail only where there is no other."""
    counted = [one for one in deployments if not one.destination.may_fail] or deployments
    return min(counted, key=lambda one: _GRAVITY.index(DeploymentStatus(one.status)))


def said_of(deployment: Deployment) -> Said:
    return SAID[DeploymentStatus(deployment.status)]


def sentence(deployment: Deployment) -> str:
    """Its state, and why it is so."""
    words, why = said_of(deployment).words, deployment.reason or str((deployment.error or {}).get("message", ""))
    if not why:
        return words
    return why[:1].upper() + why[1:] if why.lower().startswith(words.lower()) else f"{words}: {why}"


def summary(deployments: Sequence[Deployment]) -> str:
    """One line for all destinations of a commit."""
    worst = gravest(deployments)
    counted = [one for one in deployments if not one.destination.may_fail] or list(deployments)
    agreeing = sum(one.status == worst.status for one in counted)
    if len(counted) == 1:
        words = sentence(worst)
    elif agreeing == len(counted):
        words = f"{said_of(worst).words}: {agreeing} destinations"
    else:
        words = f"{worst.destination.name}: {sentence(worst)}"
    excused = [one for one in deployments if one not in counted and one.status in _FAILED]
    return "; ".join([words, *(f"{one.destination.name} may fail, and did: {sentence(one)}" for one in excused)])
