"""What a pull request or a deployment changes in the agent, beside what serves in production."""

from __future__ import annotations

from collections.abc import Sequence

from builds.models import Bundle
from core.outline import changes
from deployments import routing
from deployments.models import Deployment


def agent_changes(shown: Sequence[Deployment]) -> list[str] | None:
    """None while nothing is built, and where production serves nothing that could be compared with."""
    for deployment in shown:
        route = routing.serving(deployment.destination_id)
        said = between(route.wanted.bundle if route and route.wanted else None, deployment.bundle)
        if said is not None:
            return said
    return None


def between(before: Bundle | None, after: Bundle | None) -> list[str] | None:
    """A sentence for each difference; None where nothing is known of the agents of one of the two."""
    if before and after and before.outline and after.outline:
        return changes(before.outline, after.outline)
    return None
