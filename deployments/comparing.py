"""A deployment beside what serves in production: what a person wants to know before they promote it or roll back."""

from __future__ import annotations

from dataclasses import dataclass

from deployments.models import Deployment, DeploymentVariable
from deployments.report_agent import between


@dataclass(frozen=True, slots=True)
class Comparison:
    """`agent` has a sentence for each difference in model, tools and prompts; it is None where nothing is known of
    them. `variables` has one for each name. Bytes."""

    production: Deployment
    agent: list[str] | None
    variables: list[str]
    growth: int

    @property
    def is_the_same(self) -> bool:
        return self.agent == [] and not self.variables

    @property
    def bytes_apart(self) -> int:
        return abs(self.growth)


def compared(deployment: Deployment, production: Deployment | None) -> Comparison | None:
    """None while it has no bundle, and where production is empty or this very deployment."""
    if production is None or production == deployment or not (production.bundle and deployment.bundle):
        return None
    return Comparison(
        production,
        between(production.bundle, deployment.bundle),
        _variables(production, deployment),
        deployment.bundle.size - production.bundle.size,
    )


def _variables(production: Deployment, deployment: Deployment) -> list[str]:
    """By name alone. Another environment's values are others by their nature: of those only the names are compared."""
    rows = DeploymentVariable.objects.filter(deployment__in=(production, deployment))
    known: dict[int, dict[str, int]] = {production.pk: {}, deployment.pk: {}}
    for owner, name, version in rows.values_list("deployment", "name", "version"):
        known[owner][name] = version
    old, new = known[production.pk], known[deployment.pk]
    gone = [f"{name} is not set" for name in old.keys() - new.keys()]
    added = [f"{name} is new" for name in new.keys() - old.keys()]
    same_place = production.environment == deployment.environment
    changed = [f"{name} has another value" for name in old.keys() & new.keys() if same_place and old[name] != new[name]]
    return sorted(gone + added + changed)
