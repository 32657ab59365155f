"""From the routes' rows to links, and back to what is observed."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import F

from core.targets import Platform
from deployments.models import Domain, DomainState, Observed, Route, RouteKind
from deployments.nodes.links import Links
from deployments.nodes.supervision import Places


@dataclass(frozen=True, slots=True)
class Row:
    """One route with the state of the two agents that it concerns; "" where there is none."""

    pk: int
    hostname: str
    generation: int
    observed_generation: int
    wanted: int | None
    wanted_name: str | None
    wanted_state: str | None
    observed: int | None
    observed_name: str | None
    observed_state: str | None


def link_routes(links: Links, places: Places) -> dict[str, int]:
    """Links every route to a running agent: the wanted one, else the one that served so far. Then says so.

    Answers which deployment each hostname means, also while that one sleeps.
    """
    table = _rows()
    linked = {row: serving(row) for row in table}
    sockets = {row.pk: str(places.socket_named(name)) for row, name in linked.items() if name is not None}
    by_label = {row.hostname.partition(".")[0]: sockets[row.pk] for row in table if row.pk in sockets}
    own = _own_hostnames()
    by_name = {name: sockets[route] for name, route in own.items() if route in sockets}
    links.make_agree({**by_name, **by_label})
    for row in table:
        if row.observed_generation != row.generation and settled(row):
            Route.objects.filter(pk=row.pk, generation=row.generation).update(
                observed_id=row.wanted, observed_generation=row.generation
            )
    meant = {row.pk: number for row in table if (number := meant_by(row)) is not None}
    by_hostname = {row.hostname: meant[row.pk] for row in table if row.pk in meant}
    return by_hostname | {name: meant[route] for name, route in own.items() if route in meant}


def serving(row: Row) -> str | None:
    """The deployment that the hostname leads to now; None when there is nobody to lead to."""
    if row.wanted is None:
        return None
    if row.wanted_state == Observed.RUNNING:
        return row.wanted_name
    if row.observed != row.wanted and row.observed_state == Observed.RUNNING:
        return row.observed_name
    return None


def meant_by(row: Row) -> int | None:
    """The deployment that answers at the hostname, or would if it were awake."""
    served = serving(row)
    if served is not None:
        return row.wanted if served == row.wanted_name else row.observed
    return row.wanted


def settled(row: Row) -> bool:
    """Whether what is wanted is so."""
    return row.wanted is None or row.wanted_state == Observed.RUNNING


def _own_hostnames() -> dict[str, int]:
    """People's own that were proved, each with the route that it leads to. They have a dot, and labels have none."""
    active = Domain.objects.living().filter(state=DomainState.ACTIVE, project__deleted_at=None)
    productive = active.filter(destination__routes__kind=RouteKind.PRODUCTION)
    return dict(productive.values_list("hostname", "destination__routes__pk"))


def _rows() -> list[Row]:
    fields = (
        "pk",
        "hostname",
        "generation",
        "observed_generation",
        "wanted_id",
        "wanted__public_id",
        "wanted__instance__observed",
        "observed_id",
        "observed__public_id",
        "observed__instance__observed",
    )
    here = Route.objects.filter(destination__platform=Platform.LOCAL)
    with_anything = here.exclude(wanted=None, generation=F("observed_generation"))
    return [Row(*values) for values in with_anything.values_list(*fields)]
