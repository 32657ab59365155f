"""What a push came to: one verdict for all of its destinations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from deployments.models import Deployment, DeploymentStatus, Push
from deployments.report_words import gravest, summary

_PENDING: Final = (
    DeploymentStatus.WAITING,
    DeploymentStatus.QUEUED,
    DeploymentStatus.BUILDING,
    DeploymentStatus.DEPLOYING,
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """`status` is that of the member which decides. `members` are the newest deployment of each destination."""

    status: DeploymentStatus
    sentence: str
    members: tuple[Deployment, ...]

    @property
    def label(self) -> str:
        return str(self.status.label)

    @property
    def is_pending(self) -> bool:
        return self.status in _PENDING

    @property
    def is_good(self) -> bool:
        """Every destination that may not fail has what it was to have."""
        return self.status in (DeploymentStatus.READY, DeploymentStatus.SKIPPED)


def verdicts_of(pushes: Iterable[Push]) -> Mapping[int, Verdict]:
    """By the push's primary key, in two queries. Pushes that deployed nothing have none."""
    rows = Deployment.objects.filter(push__in=[push.pk for push in pushes])
    found = rows.order_by("push", "destination", "-pk").distinct("push", "destination").values_list("pk", flat=True)
    newest = list(found)  # as a subquery, every deployment of the installation would be looked at
    members: dict[int, list[Deployment]] = {}
    rows = Deployment.objects.select_related("destination", "project", "team", "push")
    for one in rows.filter(pk__in=newest).order_by("destination__pk"):
        members.setdefault(one.push_id, []).append(one)
    return {push: verdict_of(found) for push, found in members.items()}


def verdict_of(members: Iterable[Deployment]) -> Verdict:
    """Of at least one deployment."""
    every = tuple(members)
    return Verdict(DeploymentStatus(gravest(every).status), summary(every), every)
