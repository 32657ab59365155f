"""What was decided about a delivery, in words for the ledger: for everybody, and for each team its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from projects.models import Project, Team
from webhooks.models import Delivery, DeliveryStatus


@dataclass(frozen=True, slots=True)
class Decision:
    """`by_team` holds what a team may read of it, by its primary key: a repository may be linked by several."""

    status: DeliveryStatus
    words: str
    by_team: Mapping[int, str] = field(default_factory=dict)


def ignored(reason: str) -> Decision:
    return Decision(DeliveryStatus.IGNORED, reason)


def processed(words: str, teams: Iterable[Team] = ()) -> Decision:
    return Decision(DeliveryStatus.PROCESSED, words, {team.pk: words for team in teams})


def in_each_project(delivery: Delivery, repository_id: int, act: Callable[[Project], str]) -> Decision:
    """Acts for every project that is linked to the repository."""
    linked = Project.objects.filter(repository__host=delivery.host, repository__external_id=repository_id)
    words: dict[int, list[str]] = {}
    for project in linked.select_related("team", "repository").order_by("pk"):
        words.setdefault(project.team_id, []).append(f"{project.slug}: {act(project)}")
    if not words:
        return ignored("no project is linked to this repository; link it on the dashboard")
    by_team = {team: "; ".join(lines)[:500] for team, lines in words.items()}
    return Decision(DeliveryStatus.PROCESSED, "; ".join(by_team.values())[:500], by_team)
