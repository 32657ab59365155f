"""What a project's agents did in the last hour, day or week, added up by the database in a few queries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from django.db.models import DateTimeField, F, Func, Sum, Value
from django.utils import timezone

from deployments.metrics.latency import BUCKETS, quantile
from deployments.models import AgentHour, AgentMinute, Deployment, RouteChange, RouteKind
from projects.models import Project

_MOST_SWITCHES: Final = 50
_MOST_SERVED: Final = 50
_MOST_FAILING: Final = 5
_COUNTED: Final = ("requests", "client_errors", "server_errors", "input_tokens", "output_tokens")
_SUMS: Final[Mapping[str, Sum]] = {
    **{f"all_{name}": Sum(name) for name in _COUNTED},
    **{f"bucket_{index}": Sum(f"latency__{index}") for index in range(BUCKETS)},
}


class Range(StrEnum):
    HOUR = "1h"
    DAY = "24h"
    WEEK = "7d"


#: Into how many steps of how many seconds, and where they are added up from.
_STEPS: Final[Mapping[Range, tuple[int, int, type[AgentMinute] | type[AgentHour]]]] = {
    Range.HOUR: (60, 60, AgentMinute),
    Range.DAY: (96, 900, AgentMinute),
    Range.WEEK: (84, 7_200, AgentHour),
}


@dataclass(frozen=True, slots=True)
class Tally:
    """`latency` has the number of requests in each bucket."""

    requests: int = 0
    client_errors: int = 0
    server_errors: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    latency: tuple[int, ...] = (0,) * BUCKETS

    @property
    def others(self) -> int:
        """What went well, and redirects."""
        return max(0, self.requests - self.client_errors - self.server_errors)

    @property
    def error_rate(self) -> float | None:
        """The share of requests that the agent failed; what a client did wrong is no failure of the agent."""
        return self.server_errors / self.requests if self.requests else None

    def seconds(self, share: float) -> float | None:
        return quantile(self.latency, share)


@dataclass(frozen=True, slots=True)
class Point:
    """What happened from `at` on, for one step."""

    at: datetime
    tally: Tally


@dataclass(frozen=True, slots=True)
class Switch:
    """Production was pointed at a deployment."""

    at: datetime
    deployment: str
    cause: str


@dataclass(frozen=True, slots=True)
class Served:
    deployment: str
    branch: str
    environment: str
    requests: int


@dataclass(frozen=True, slots=True)
class Failing:
    """A step in which a deployment failed requests."""

    at: datetime
    deployment: str
    server_errors: int


@dataclass(frozen=True, slots=True)
class Metrics:
    range: Range
    step: timedelta
    points: tuple[Point, ...]
    total: Tally
    switches: tuple[Switch, ...]
    served: tuple[Served, ...]
    failing: tuple[Failing, ...]

    @property
    def since(self) -> datetime:
        return self.points[0].at

    @property
    def until(self) -> datetime:
        return self.points[-1].at + self.step


def metrics_of(
    project: Project, asked: Range, deployment: Deployment | None = None, *, now: datetime | None = None
) -> Metrics:
    """The last step is the one that goes on. With a deployment only its own numbers."""
    count, seconds, model = _STEPS[asked]
    times = _times(now or timezone.now(), count, seconds)
    step = timedelta(seconds=seconds)
    everyone = model.objects.for_team(project.team).filter(project=project, at__gte=times[0])
    rows = everyone.filter(deployment=deployment) if deployment else everyone
    binned = rows.annotate(step=Func(Value(step), F("at"), Value(times[0]), function="date_bin", output_field=_MOMENT))
    tallies = {row["step"]: _tally(row) for row in binned.values("step").annotate(**_SUMS)}
    return Metrics(
        asked,
        step,
        tuple(Point(at, tallies.get(at, Tally())) for at in times),
        _added(tallies.values()),
        _switches(project, times[0]),
        _served(everyone),
        _failing(binned),
    )


_MOMENT: Final[Any] = DateTimeField()


def _times(now: datetime, count: int, seconds: int) -> list[datetime]:
    """Where the steps begin; all clocks agree on them."""
    last = int(now.timestamp()) // seconds
    return [datetime.fromtimestamp((last - back) * seconds, UTC) for back in reversed(range(count))]


def _tally(row: Mapping[str, Any]) -> Tally:
    counted = {name: int(row[f"all_{name}"]) for name in _COUNTED}
    return Tally(**counted, latency=tuple(row[f"bucket_{index}"] or 0 for index in range(BUCKETS)))


def _added(tallies: Any) -> Tally:
    found = list(tallies)
    counted = {name: sum(getattr(one, name) for one in found) for name in _COUNTED}
    return Tally(
        **counted, latency=tuple(map(sum, zip(*(one.latency for one in found), strict=True))) or Tally().latency
    )


def _switches(project: Project, since: datetime) -> tuple[Switch, ...]:
    rows = RouteChange.objects.for_team(project.team).filter(
        route__project=project, route__kind=RouteKind.PRODUCTION, at__gte=since, deployment__isnull=False
    )
    newest = rows.order_by("-at").values_list("at", "deployment__public_id", "cause")[:_MOST_SWITCHES]
    return tuple(Switch(*row) for row in reversed(newest))


def _served(rows: Any) -> tuple[Served, ...]:
    """Who served, the newest deployments first."""
    names = ("deployment__public_id", "deployment__branch", "deployment__environment")
    found = rows.order_by("-deployment").values_list("deployment", *names).annotate(asked=Sum("requests"))
    return tuple(Served(*row[1:]) for row in found[:_MOST_SERVED])


def _failing(binned: Any) -> tuple[Failing, ...]:
    """The worst, the newest of them first."""
    rows = (
        binned.filter(server_errors__gt=0).values("step", "deployment__public_id").annotate(failed=Sum("server_errors"))
    )
    worst = rows.order_by("-failed", "-step").values_list("step", "deployment__public_id", "failed")[:_MOST_FAILING]
    return tuple(sorted((Failing(*row) for row in worst), key=lambda one: one.at, reverse=True))
