"""What a pull request changes in the agent, beside what serves in production."""

from __future__ import annotations

from collections.abc import Sequence

from core.outline import changes
from deployments.models import Deployment, Route, RouteKind


def agent_changes(shown: Sequence[Deployment]) -> list[str] | None:
    """None while nothing is built, and where production serves nothing that could be compared with."""
    for deployment in shown:
        before = _in_production(deployment)
        if deployment.bundle is not None and deployment.bundle.outline and before:
            return changes(before, deployment.bundle.outline)
    return None


def _in_production(deployment: Deployment) -> dict[str, dict[str, object]]:
    route = Route.objects.filter(
        destination=deployment.destination_id, kind=RouteKind.PRODUCTION, wanted__bundle__isnull=False
    )
    found = route.select_related("wanted__bundle").first()
    bundle = found.wanted.bundle if found and found.wanted else None
    return bundle.outline if bundle else {}
