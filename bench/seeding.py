"""A large installation in rows: projects with deployments of all kinds, as years of pushes leave them.

One row of each kind is made as the code makes it, and multiplied within the database: half a million rows in seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import connection, models
from django.utils import timezone

from builds.models import Build, BuildStatus, LogStream
from core.targets import Platform, Target
from deployments.metrics.adding import Count, Minute, add
from deployments.metrics.latency import BUCKETS
from deployments.models import AgentHour, AgentMinute, Deployment, DeploymentStatus, Destination, Push, Route, RouteKind
from projects import tokens
from projects.actions import create_project, create_team
from projects.models import Environment, Repository, Team, User
from projects.tokens import Scope

#: Rows are numbered from here on, far from those that the prototypes have.
_BASE = 1_000_000
_BUSY = 5  # deployments of one project that are asked at the same time
_BRANCH = "CASE WHEN n % 3 = 0 THEN 'feature-' || n % 50 ELSE 'main' END"


@dataclass(frozen=True, slots=True)
class Seeded:
    """Who looks, and at what: names as they stand in addresses."""

    user: User
    team: str
    project: str
    deployment: str
    commit: str
    token: str = field(repr=False)


def seed(projects: int, each: int) -> Seeded:
    user = User.objects.create_user(username="bench")
    team = create_team("bench", user)
    first = _prototype(team)
    _multiply_projects(first, projects)
    _multiply_deployments(first, projects, projects * each)
    _multiply_minutes(projects, projects * each)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    last: Deployment = Deployment.objects.with_everything().get(pk=_BASE + projects * each - 1)
    token = tokens.mint(team, user, "bench", scopes=frozenset(Scope))
    return Seeded(user, team.slug, last.project.slug, last.public_id, last.push.after[:8], token)


def _prototype(team: Team) -> Route:
    """One of everything, reachable from its route."""
    repository = Repository.objects.create(team=team, host="github.com", external_id=1, full_name="acme/agent")
    project = create_project(team, "prototype", repository, actor=None)
    owned = {"team": team, "project": project}
    local = {"target": Target.NODEJS, "platform": Platform.LOCAL}
    destination = Destination.objects.create(**owned, name="local", is_default=True, **local)
    push = Push.objects.create(**owned, delivery="0", ref="refs/heads/main", branch="main", message="A change")
    streams = [LogStream.objects.create(team=team, ended_at=timezone.now()) for _ in range(2)]
    now = timezone.now()
    ended = {"status": BuildStatus.READY, "started_at": now, "finished_at": now}
    build = Build.objects.create(**owned, target=Target.NODEJS, stream=streams[0], **ended)
    deployment = Deployment.objects.create(
        **owned,
        destination=destination,
        environment=Environment.PRODUCTION,
        branch="main",
        push=push,
        build=build,
        public_id="prototype",
        stream=streams[1],
        status=DeploymentStatus.READY,
        finished_at=now,
    )
    served = {"kind": RouteKind.PRODUCTION, "wanted": deployment, "observed": deployment}
    route: Route = Route.objects.create(**owned, destination=destination, hostname="prototype", **served)
    return route


def _multiply_projects(first: Route, count: int) -> None:
    _multiply(first.project.repository, count, external_id="n + 10", full_name="'acme/agent-' || n")
    _multiply(first.project, count, slug="'agent-' || lpad(n::text, 3, '0')", repository_id=_of("n"))
    _multiply(first.destination, count, project_id=_of("n"))


def _multiply_deployments(first: Route, projects: int, count: int) -> None:
    deployment = first.wanted
    assert deployment is not None and deployment.build is not None
    owner = _of(f"n % {projects}")
    _multiply(deployment.stream, count * 2)
    commit = "md5(n::text) || left(md5((n + 1)::text), 8)"
    _multiply(
        deployment.push,
        count,
        project_id=owner,
        delivery="n::text",
        branch=_BRANCH,
        after=commit,
        author="(ARRAY['ada','grace','linus'])[n % 3 + 1]",
    )
    _multiply(
        deployment.build,
        count,
        project_id=owner,
        stream_id=_of("n * 2"),
        commit_sha=commit,
        status="CASE WHEN n % 11 = 0 THEN 'failed' ELSE 'ready' END",
        finished_at="started_at + make_interval(secs => 1 + n % 7)",
    )
    _multiply(
        deployment,
        count,
        project_id=owner,
        destination_id=owner,
        push_id=_of("n"),
        build_id=_of("n"),
        stream_id=_of("n * 2 + 1"),
        branch=_BRANCH,
        environment="CASE WHEN n % 3 = 0 THEN 'preview' ELSE 'production' END",
        public_id="lpad(n::text, 9, '0')",
        status="CASE WHEN n % 11 = 0 THEN 'failed' ELSE 'ready' END",
    )
    newest = _of(f"{count - projects} + n")
    served = {"wanted_id": newest, "observed_id": newest}
    _multiply(first, projects, project_id=_of("n"), destination_id=_of("n"), hostname="'p-' || n", **served)
    here = {"wanted_id": _of("n"), "observed_id": _of("n"), "hostname": "'d-' || n", "kind": "'deployment'"}
    _multiply(first, count, base=_BASE + projects, project_id=owner, destination_id=owner, **here)


def _multiply_minutes(projects: int, count: int) -> None:
    """The last project's newest deployments were busy in each minute of all the days that are kept."""
    last = _BASE + count - 1
    minute = Minute(last, 0)
    add({minute: Count(requests=30, client_errors=2, server_errors=1, latency=[2] * BUCKETS, input_tokens=900)})
    busy = f"{last} - n % {_BUSY} * {projects}"
    for model, step, times in ((AgentMinute, "minute", 24 * 60), (AgentHour, "hour", 24)):
        at = f"date_trunc('{step}', now()) - n / {_BUSY} * interval '1 {step}'"
        first = model.objects.get(deployment=last)
        _multiply(first, settings.METRIC_DAYS * times * _BUSY, deployment_id=busy, at=at)


def _of(number: str) -> str:
    """The id of the multiplied row with this number."""
    return f"{_BASE} + {number}"


def _multiply(row: models.Model, count: int, *, base: int = _BASE, **values: str) -> None:
    """Copies of a row, numbered `n` from 0; `values` are SQL by column. Nothing in them comes from outside."""
    fields: list[Any] = list(row._meta.concrete_fields)
    columns = [one.column for one in fields]
    chosen = {"id": f"{base} + n", **values}
    selected = ", ".join(chosen.get(column, f'"{column}"') for column in columns)
    named = ", ".join(f'"{column}"' for column in columns)
    table = row._meta.db_table
    source = f'FROM "{table}", generate_series(0, {count - 1}) AS n WHERE id = {row.pk}'
    with connection.cursor() as cursor:
        cursor.execute(f'INSERT INTO "{table}" ({named}) SELECT {selected} {source}')
