"""What a team may read of the ledger: the deliveries that concern it, and of each decision its own words."""

from __future__ import annotations

from typing import Any, Final

from django.db.models import Q

from deployments.narrowing import Filters
from projects.models import Team
from webhooks.models import Delivery

FILTERS: Final[Filters] = {
    "status": ("status", "received, processed, ignored or failed."),
    "event": ("event", "As the code host names it, such as push."),
    "guid": ("guid", "Of this id, as the code host shows it."),
}


def deliveries_of(team: Team, *, also_nobodys: bool) -> Any:
    """The team's own, without their bodies; for the installation's owner also those that concern no team."""
    concerned = Q(decisions__has_key=str(team.pk))
    return Delivery.objects.filter(concerned | Q(team=None) if also_nobodys else concerned).defer("body")


def words_for(delivery: Delivery, team: Team) -> str:
    if delivery.error:
        return f"{delivery.error.get('message', '')} {delivery.error.get('hint', '')}".strip()
    own = delivery.decisions.get(str(team.pk)) or (delivery.decision if delivery.team_id is None else "")
    return str(own or "waits")
