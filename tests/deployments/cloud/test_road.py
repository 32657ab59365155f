"""The whole road to a vendor: a push whose deployment.yml names Cloudflare, built, released, talked to, rolled back,
previewed and torn down, at a counterpart that runs what it is sent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.db.models.functions import Now

from builds.actions import KIND as BUILD
from core.targets import Platform
from deployments import actions, pipeline, release_queue
from deployments.cloud import accounts, queue, tidying
from deployments.models import CloudService, Deployment, DeploymentStatus, Push, Route, RouteKind
from deployments.notifying.events import Event
from deployments.verdicts import verdicts_of
from origin.actions import register_path
from projects import operations
from projects.actions import set_variable
from projects.models import Environment, Operation, OperationStatus, Project
from tests import factories, git
from tests.deployments.platforms import test_cloudflare
from tests.deployments.platforms.conftest import model_url
from tests.deployments.platforms.suite import Counterpart, ask
from tests.runtime.built import written
from tests.runtime.projects import project as agent_project

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["model_url"]
FILE = """\
deployments:
  - {name: edge, target: cloudflare, env: production}
  - {name: try, target: cloudflare, env: preview}
"""


class Road:
    """A repository on this machine, and workers for whatever is due."""

    def __init__(self, folder: Path, given: Counterpart, settings: Any, model: str) -> None:
        self.folder, self.given = git.repository(folder), given
        settings.PLATFORM_ENDPOINTS = {"cloudflare": (f"{given.fake.url}{test_cloudflare.ROOT}", given.fake.url)}
        self.write("one")
        (folder / "deployment.yml").write_text(FILE)
        git.commit(folder, "first")
        self.project: Project = register_path(factories.team(), "shop", folder, actor=None)
        for environment in (Environment.PRODUCTION, Environment.PREVIEW):
            for name, value in (("MODEL_URL", model), ("MODEL_KEY", "secret-of-the-model")):
                set_variable(self.project, name, value, environment=environment, actor=None)

    def write(self, greeting: str) -> None:
        written(agent_project(greeting=greeting), self.folder)

    def push(self, greeting: str, branch: str = "main") -> Deployment:
        self.write(greeting)
        event = factories.push_event(branch, after=git.commit(self.folder, greeting))
        pipeline.handle_push(self.project, event)
        self.work()
        rows = Deployment.objects.filter(project=self.project).exclude(status=DeploymentStatus.SKIPPED)
        found: Deployment = rows.with_everything().latest("pk")
        assert found.status == DeploymentStatus.READY, (found.error, found.build and found.build.error)
        return found

    def work(self) -> None:
        for _round in range(2):
            Operation.objects.filter(status=OperationStatus.QUEUED).update(due_at=Now())
            for kind in (BUILD, release_queue.KIND, queue.MOVE, queue.DELETE, queue.INSPECT):
                operations.work(kind)

    def greeting(self, kind: RouteKind = RouteKind.PRODUCTION) -> str:
        route = Route.objects.get(project=self.project, kind=kind, destination__platform=Platform.CLOUDFLARE)
        answer = ask(self.given.fake, route.address, "/api/greeting")
        assert answer.status_code == 200, answer.text
        return str(answer.json()["greeting"])


@pytest.fixture
def road(tmp_path: Path, settings: Any, model_url: str) -> Iterator[Road]:
    with _counterpart(tmp_path / "vendor") as given:
        yield Road(tmp_path / "shop", given, settings, model_url)


@contextmanager
def _counterpart(folder: Path) -> Iterator[Counterpart]:
    folder.mkdir()
    with test_cloudflare.made(folder) as given:
        yield given


def test_a_push_reaches_cloudflare_and_everything_of_it_can_be_taken_back(road: Road) -> None:
    values = {"api_token": road.given.fake.token, "s3_endpoint": road.given.fake.url}  # type: ignore[attr-defined]
    accounts.enter(road.project.team, "cloudflare", "main", values, actor=None)
    target = factories.told(road.project, deliveries=0)
    first = road.push("one")
    assert road.greeting() == "one"
    verdict = verdicts_of([first.push])[first.push_id]
    assert verdict.is_good and [one.destination.name for one in verdict.members] == ["local", "edge"]
    second = road.push("two")
    assert road.greeting() == "two" and Push.objects.count() == 2
    actions.roll_back(road.project, first, actor=None)
    road.work()
    assert road.greeting() == "one"
    actions.undo_rollback(road.project, actor=None)
    road.work()
    assert road.greeting() == "two" and second.pk
    road.push("three", "feature")
    assert road.greeting(RouteKind.BRANCH) == "three" and road.greeting() == "two"
    tidying.inspect_all()
    road.work()
    assert all(tidying.drift_of(service) == [] for service in CloudService.objects.living())
    with transaction.atomic():
        pipeline.tear_down_branch(road.project, "feature")
    road.work()
    assert road.greeting() == "two" and CloudService.objects.living().count() == 1
    actions.delete_project(road.project, actor=None)
    told = target.notifications.filter(payload__deployment__destination="edge").order_by("pk")
    assert list(told.values_list("event", flat=True)) == [
        *(Event.LIVE, Event.LIVE, Event.ROLLED_BACK, Event.ROLLBACK_UNDONE)
    ], "once each, when the vendor agreed"
    road.work()
    assert road.given.leftovers() == [] and not CloudService.objects.living().exists()
