"""A large installation in rows: projects with deployments of all kinds, as years of pushes leave them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice
from typing import Any, TypeVar

from django.db import connection, models
from django.utils import timezone

from builds.models import Build, BuildStatus, LogStream
from core.targets import Platform, Target
from deployments.models import Deployment, DeploymentStatus, Destination, Push, Route, RouteKind
from projects import tokens
from projects.actions import create_team
from projects.models import Environment, Project, Repository, Team, User
from projects.tokens import Scope

_BATCH = 5_000
_NAMES = ("ada", "grace", "linus", "margaret")
Row = TypeVar("Row", bound=models.Model)


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
    made = list(_projects(team, projects))
    destinations = _kept(_destination(one) for one in made)
    numbers = range(projects * each)
    streams = _kept(LogStream(team=team, ended_at=timezone.now()) for _ in range(len(numbers) * 2))
    pushes = _kept(_push(made[number % projects], number) for number in numbers)
    builds = _kept(_build(push, streams[number], number) for number, push in enumerate(pushes))
    deployments = _kept(
        _deployment(push, destinations[number % projects], builds[number], streams[len(numbers) + number], number)
        for number, push in enumerate(pushes)
    )
    _kept(_routes(deployments, projects))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    last = deployments[-1]
    token = tokens.mint(team, user, "bench", scopes=frozenset(Scope))
    return Seeded(user, team.slug, last.project.slug, last.public_id, pushes[-1].after[:8], token)


def _kept(rows: Iterator[Row]) -> list[Row]:
    kept: list[Row] = []
    while batch := list(islice(rows, _BATCH)):
        manager: Any = type(batch[0])._default_manager
        kept += manager.bulk_create(batch)
    return kept


def _projects(team: Team, count: int) -> Iterator[Project]:
    repositories = _kept(
        Repository(team=team, host="github.com", external_id=number, full_name=f"acme/agent-{number:03}")
        for number in range(count)
    )
    yield from _kept(
        Project(team=team, slug=f"agent-{number:03}", repository=repository)
        for number, repository in enumerate(repositories)
    )


def _destination(project: Project) -> Destination:
    return Destination(
        team=project.team,
        project=project,
        name="local",
        target=Target.NODEJS,
        platform=Platform.LOCAL,
        is_default=True,
    )


def _push(project: Project, number: int) -> Push:
    branch = "main" if number % 3 else f"feature-{number % 50}"
    return Push(
        team=project.team,
        project=project,
        delivery=str(number),
        ref=f"refs/heads/{branch}",
        branch=branch,
        before="0" * 40,
        after=f"{number * 2_654_435_761 % 2**160:040x}"[::-1],
        message=f"Change number {number}",
        author=_NAMES[number % len(_NAMES)],
        decision="deploys",
    )


def _build(push: Push, stream: LogStream, number: int) -> Build:
    began = timezone.now() - timedelta(minutes=number % 50_000)
    return Build(
        team=push.team,
        project=push.project,
        commit_sha=push.after,
        ref=push.ref,
        target=Target.NODEJS,
        status=BuildStatus.FAILED if number % 11 == 0 else BuildStatus.READY,
        stream=stream,
        started_at=began,
        finished_at=began + timedelta(seconds=1 + number % 7),
    )


def _deployment(push: Push, destination: Destination, build: Build, stream: LogStream, number: int) -> Deployment:
    return Deployment(
        team=push.team,
        project=push.project,
        destination=destination,
        environment=Environment.PRODUCTION if push.branch == "main" else Environment.PREVIEW,
        branch=push.branch,
        push=push,
        build=build,
        public_id=f"{number:09}",
        stream=stream,
        status=DeploymentStatus.FAILED if number % 11 == 0 else DeploymentStatus.READY,
        finished_at=timezone.now(),
    )


def _routes(deployments: list[Deployment], projects: int) -> Iterator[Route]:
    for one in deployments:
        yield _route(one, RouteKind.DEPLOYMENT, f"{one.project.slug}-{one.public_id}")
    for one in deployments[-projects:]:
        yield _route(one, RouteKind.PRODUCTION, one.project.slug)


def _route(one: Deployment, kind: RouteKind, label: str) -> Route:
    return Route(
        team=one.team,
        project=one.project,
        destination=one.destination,
        kind=kind,
        hostname=f"{label}.localhost",
        wanted=one,
        observed=one,
    )
