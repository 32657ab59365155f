"""Vendors that take no upload, from end to end: rows, the operation, the vendor's machine, and this installation's own
address, from which that fetches."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db.models.functions import Now
from pytest_django.live_server_helper import LiveServer

from core.targets import Platform, Target
from deployments import artefacts, destinations, release_queue
from deployments.cloud import accounts
from deployments.destinations import Wish
from deployments.models import CloudService, Deployment, DeploymentStatus
from projects import operations
from projects.models import Operation, OperationStatus, Project
from tests import factories
from tests.deployments.cloud.conftest import stored_bundle
from tests.deployments.platforms.suite import ask
from tests.fakes.fly.server import FlyFake
from tests.fakes.vendor import serving

pytestmark = pytest.mark.django_db(transaction=True)
_AGENT = """
import { createServer } from "node:http";
createServer((_, response) => response.end("it is well")).listen(Number(process.env.PORT));
"""


@pytest.fixture
def fly(tmp_path: Path, settings: Any, live_server: LiveServer) -> Iterator[FlyFake]:
    found = FlyFake(tmp_path / "fly")
    settings.PUBLIC_URL = live_server.url
    with serving(found):
        settings.PLATFORM_ENDPOINTS = {"fly": (found.url, found.url)}
        yield found


@pytest.fixture
def project(fly: FlyFake) -> Project:
    made = factories.project()
    accounts.enter(made.team, "fly", "main", {"token": "fly-token"}, actor=None)
    destinations.reconcile(made, [Wish("machines", Target.NODEJS, Platform.FLY, config={"region": "fra"})])
    return made


def _released(project: Project, folder: Path) -> Deployment:
    found = factories.pushed(project)
    Deployment.objects.filter(pk=found.pk).update(
        bundle=stored_bundle(project, folder, _AGENT), status=DeploymentStatus.BUILDING
    )
    release_queue.enqueue(found)
    Operation.objects.filter(status=OperationStatus.QUEUED).update(due_at=Now())
    operations.work(release_queue.KIND)
    done: Deployment = Deployment.objects.with_everything().get(pk=found.pk)
    return done


def test_a_machine_fetches_from_here_at_each_start_until_that_is_revoked(
    project: Project, fly: FlyFake, tmp_path: Path
) -> None:
    done = _released(project, tmp_path)
    assert done.status == DeploymentStatus.READY, done.error
    service = CloudService.objects.living().get(project=project)
    assert ask(fly, service.address, "/health").text == "it is well"
    (machine,) = fly.apps[service.name].machines.values()
    machine.stop()
    assert ask(fly, service.address, "/health").text == "it is well"
    machine.stop()
    artefacts.revoke(done)
    assert ask(fly, service.address, "/health").status_code != 200
    assert machine.agent is not None and "the address of the release answered 401" in machine.agent.log


def test_an_address_that_the_vendor_cannot_reach_is_said_and_nothing_is_made(
    project: Project, fly: FlyFake, tmp_path: Path, settings: Any
) -> None:
    """The vendor's own API is not asked: it is refused before."""
    settings.PLATFORM_ENDPOINTS = {}
    done = _released(project, tmp_path)
    assert done.status == DeploymentStatus.FAILED
    assert done.error is not None and done.error["code"] == "installation_unreachable"
    assert fly.apps == {}
