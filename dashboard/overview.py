"""The team's projects at a glance: what is live, what came last, how long builds take. A page, in few queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection
from django.db.models import OuterRef, Prefetch, Subquery

from deployments.models import Deployment, Route, RouteKind
from projects.models import Project, Team

PAGE: Final = 40
_BARS: Final = 20
_WIDTH, _HEIGHT = 100, 24


@dataclass(frozen=True, slots=True)
class Spark:
    """Build times as bars in a drawing of 100 by 24, two paths of SVG; `said` is the same in words."""

    went_well: str
    failed: str
    said: str


@dataclass(frozen=True, slots=True)
class Glance:
    project: Project
    newest: Deployment | None
    spark: Spark | None


@dataclass(frozen=True, slots=True)
class Overview:
    """`after` is the name before the page's first, `next` the one after which the next page begins; "" where none."""

    glances: tuple[Glance, ...]
    next: str
    search: str
    after: str


def overview(team: Team, *, search: str = "", after: str = "") -> Overview:
    production = Route.objects.filter(kind=RouteKind.PRODUCTION).select_related("observed__push", "wanted")
    rows = Project.objects.for_team(team).filter(slug__icontains=search, slug__gt=after).select_related("repository")
    rows = rows.prefetch_related(Prefetch("routes", production, to_attr="production_routes"))
    newest = Deployment.objects.filter(project=OuterRef("pk")).order_by("-pk").values("pk")[:1]
    found: list[Any] = list(rows.annotate(newest_id=Subquery(newest)).order_by("slug")[: PAGE + 1])
    page = found[:PAGE]
    deployments = Deployment.objects.select_related("push").in_bulk([one.newest_id for one in page if one.newest_id])
    builds = _last_builds([one.pk for one in page])
    glances = tuple(_glance(one, deployments.get(one.newest_id), builds.get(one.pk, ())) for one in page)
    return Overview(glances, page[-1].slug if len(found) > PAGE else "", search, after)


#: Seconds, and whether it failed; the oldest first.
_Build = tuple[float, bool]
_LAST_BUILDS: Final = """
    SELECT asked.project, build.started_at, build.finished_at, build.status
    FROM unnest(%s::bigint[]) AS asked(project), LATERAL (
        SELECT started_at, finished_at, status, id FROM builds_build
        WHERE project_id = asked.project AND started_at IS NOT NULL AND finished_at IS NOT NULL AND NOT reused
        ORDER BY id DESC LIMIT %s
    ) AS build ORDER BY build.id
"""


def _last_builds(projects: Sequence[int]) -> Mapping[int, Sequence[_Build]]:
    found: dict[int, list[_Build]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_LAST_BUILDS, [list(projects), _BARS])
        for project, started, finished, status in cursor.fetchall():
            found[project].append((_seconds(started, finished), status != "ready"))
    return found


def _seconds(started: datetime, finished: datetime) -> float:
    return max(0.0, (finished - started).total_seconds())


def _glance(project: Project, newest: Deployment | None, builds: Sequence[_Build]) -> Glance:
    return Glance(project, newest, _spark(builds) if builds else None)


def _spark(builds: Sequence[_Build]) -> Spark:
    longest = max(seconds for seconds, _failed in builds) or 1
    bars = [(_bar(index, seconds / longest), failed) for index, (seconds, failed) in enumerate(builds)]
    good, bad = ("".join(bar for bar, failed in bars if failed is which) for which in (False, True))
    return Spark(good, bad, _said(builds))


def _bar(index: int, share: float) -> str:
    step, height = _WIDTH / _BARS, max(2.0, share * _HEIGHT)
    return f"M{index * step:.1f} {_HEIGHT}v-{height:.1f}h{step * 0.7:.1f}v{height:.1f}z"


def _said(builds: Sequence[_Build]) -> str:
    times = sorted(seconds for seconds, _failed in builds)
    failed = sum(failed for _seconds_, failed in builds)
    return f"median {times[len(times) // 2]:.1f} s, {failed} failed"
