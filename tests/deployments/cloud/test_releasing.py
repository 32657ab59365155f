"""Releases to a platform elsewhere: real rows, a real operation, a vendor over a real socket."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils import timezone

from builds import logs
from deployments import actions, deleting, pipeline, release_queue, retention
from deployments.cloud import queue, tidying
from deployments.models import (
    Account,
    CloudService,
    CloudVersion,
    Deployment,
    DeploymentStatus,
    Destination,
    Route,
    RouteKind,
    Source,
)
from projects import operations
from projects.actions import set_variable
from projects.models import Environment, Operation, OperationStatus, Project
from tests import factories
from tests.deployments.cloud.conftest import stored_bundle
from tests.deployments.cloud.tiny import Kept, TinyVendor
from tests.fakes.vendor import Fault

pytestmark = pytest.mark.django_db(transaction=True)


class Releasing:
    """A project that goes to the small vendor."""

    def __init__(self, vendor: TinyVendor, destination: Destination, folder: Path) -> None:
        self.vendor, self.destination, self.folder = vendor, destination, folder
        self.project: Project = destination.project

    def built(self, branch: str = "main", text: str = "one") -> Deployment:
        found = factories.pushed(self.project, branch)
        bundle = stored_bundle(self.project, self.folder, text)
        Deployment.objects.filter(pk=found.pk).update(bundle=bundle, status=DeploymentStatus.BUILDING)
        release_queue.enqueue(found)
        return found

    def released(self, branch: str = "main", text: str = "one") -> Deployment:
        deployment = self.built(branch, text)
        self.work()
        return self.fresh(deployment)

    def work(self) -> None:
        """All that is due, of every kind that concerns the vendor."""
        Operation.objects.filter(status=OperationStatus.QUEUED).update(due_at=Now())
        for kind in (release_queue.KIND, queue.MOVE, queue.DELETE, queue.REMOVE, queue.DISCARD, queue.INSPECT):
            operations.work(kind)

    def fresh(self, deployment: Deployment) -> Deployment:
        found: Deployment = Deployment.objects.with_everything().get(pk=deployment.pk)
        return found

    def service(self, branch: str = "") -> CloudService:
        found: CloudService = CloudService.objects.living().get(destination=self.destination, branch=branch)
        return found

    def production(self) -> Route:
        found: Route = Route.objects.get(destination=self.destination, kind=RouteKind.PRODUCTION)
        return found


@pytest.fixture
def releasing(vendor: TinyVendor, elsewhere: Destination, tmp_path: Path) -> Releasing:
    return Releasing(vendor, elsewhere, tmp_path)


def said(deployment: Deployment) -> str:
    return "\n".join(line.text for line in logs.read(deployment.stream_id).lines)


def test_a_push_to_production_serves_at_the_vendors_address(releasing: Releasing) -> None:
    set_variable(releasing.project, "MODEL_KEY", "sk-very-secret", environment=Environment.PRODUCTION, actor=None)
    done = releasing.released()
    assert done.status == DeploymentStatus.READY, done.error
    service, route = releasing.service(), releasing.production()
    assert releasing.vendor.serving(service.name) == {done.public_id: 100}
    assert route.observed == done and route.address == service.address == f"https://{service.name}.tiny.example"
    assert route.generation == route.observed_generation
    uploaded = releasing.vendor.services[service.name].versions[done.public_id]
    assert uploaded["variables"]["MODEL_KEY"] == "sk-very-secret" and uploaded["secrets"] == ["MODEL_KEY"]
    assert uploaded["variables"]["DEXTO_COMMIT"] == done.push.after
    assert "sk-very-secret" not in said(done) and "Uploaded with [MODEL_KEY]." in said(done)
    assert done.cloud_version.url and not hasattr(done, "instance")
    assert service.config == {"region": "ams"} and service.mark != ""


def test_a_branch_has_a_service_of_its_own_that_goes_with_it(releasing: Releasing) -> None:
    production, preview = releasing.released(), releasing.released("feature/login", "two")
    service = releasing.service("feature/login")
    assert service.name != releasing.service().name
    assert releasing.vendor.serving(service.name) == {preview.public_id: 100}
    assert releasing.vendor.serving(releasing.service().name) == {production.public_id: 100}
    with transaction.atomic():
        pipeline.tear_down_branch(releasing.project, "feature/login")
    releasing.work()
    assert list(releasing.vendor.services) == [releasing.service().name]
    assert CloudService.objects.get(pk=service.pk).deleted_at is not None
    assert CloudVersion.objects.get(deployment=preview).gone_at is not None


def test_a_deleted_preview_goes_at_the_vendor_as_in_a_teardown(releasing: Releasing) -> None:
    releasing.released()
    preview = releasing.released("feature/login", "two")
    deleting.delete(preview, actor=None)
    releasing.work()
    assert list(releasing.vendor.services) == [releasing.service().name]
    assert CloudVersion.objects.get(deployment=preview).gone_at is not None
    assert Route.objects.get(kind=RouteKind.BRANCH).wanted is None


def test_of_a_service_that_serves_a_deleted_version_goes_alone(releasing: Releasing) -> None:
    old, _back, live = (releasing.released(text=text) for text in ("one", "two", "three"))
    deleting.delete(old, actor=None)
    releasing.work()
    name = releasing.service().name
    assert old.public_id not in releasing.vendor.services[name].versions
    assert releasing.vendor.serving(name) == {live.public_id: 100}


def test_a_rollback_moves_the_vendors_traffic_and_an_undo_moves_it_back(releasing: Releasing) -> None:
    first, second = releasing.released(), releasing.released(text="two")
    name = releasing.service().name
    actions.roll_back(releasing.project, first, actor=None)
    wanted = releasing.production()
    assert wanted.wanted == first and wanted.observed == second
    releasing.work()
    assert releasing.vendor.serving(name) == {first.public_id: 100}
    assert releasing.production().observed == first
    actions.undo_rollback(releasing.project, actor=None)
    releasing.work()
    assert releasing.vendor.serving(name) == {second.public_id: 100}


def test_after_a_rollback_a_push_is_staged_and_serves_once_it_is_promoted(releasing: Releasing) -> None:
    first = releasing.released()
    releasing.released(text="two")
    actions.roll_back(releasing.project, first, actor=None)
    staged = releasing.released(text="three")
    name = releasing.service().name
    assert staged.status == DeploymentStatus.READY
    assert releasing.vendor.serving(name) == {first.public_id: 100}
    assert staged.public_id in releasing.vendor.services[name].versions
    actions.promote(staged, actor=None)
    releasing.work()
    assert releasing.vendor.serving(name) == {staged.public_id: 100}


def test_a_rollback_that_the_platform_refuses_is_refused_before_the_click(releasing: Releasing) -> None:
    first = releasing.released()
    releasing.released(text="two")
    CloudVersion.objects.filter(deployment=first).update(details={"before_migration": "1"})
    refused = actions.rollback_refusal(releasing.fresh(first), releasing.production())
    assert refused is not None and refused.code == "rollback_refused"


def test_a_move_that_fails_is_tried_until_they_agree_and_says_why_meanwhile(releasing: Releasing) -> None:
    first, second = releasing.released(), releasing.released(text="two")
    name = releasing.service().name
    actions.roll_back(releasing.project, first, actor=None)
    releasing.vendor.faults = [Fault("/shares", 500, times=100)]
    releasing.work()
    route = releasing.production()
    assert route.observed == second and route.error["code"] == "vendor_failed"
    assert Operation.objects.get(kind=queue.MOVE, status=OperationStatus.QUEUED).attempts == 0
    releasing.vendor.faults = []
    releasing.work()
    route = releasing.production()
    assert route.observed == first and route.error is None
    assert releasing.vendor.serving(name) == {first.public_id: 100}


def test_what_the_vendor_says_ends_the_release_and_what_served_goes_on(releasing: Releasing) -> None:
    first = releasing.released()
    releasing.vendor.token = "another"
    failed = releasing.released(text="two")
    assert (failed.status, failed.error["code"]) == (DeploymentStatus.FAILED, "credential_refused")
    assert "the token is not valid" in failed.error["message"] and failed.error["hint"]
    assert releasing.production().wanted == first
    assert releasing.vendor.serving(releasing.service().name) == {first.public_id: 100}


def test_a_config_that_the_platform_does_not_know_ends_it_before_anything_is_made(releasing: Releasing) -> None:
    Destination.objects.filter(pk=releasing.destination.pk).update(config={"colour": "blue"})
    failed = releasing.released()
    assert failed.error["code"] == "destination_config_invalid"
    assert releasing.vendor.services == {}


def test_a_config_takes_plain_variables_and_no_secrets(releasing: Releasing) -> None:
    factories.set_plain(releasing.project, "REGION", "fra")
    Destination.objects.filter(pk=releasing.destination.pk).update(config={"region": "${REGION}-1"})
    releasing.released()
    assert releasing.vendor.services[releasing.service().name].config == {"region": "fra-1"}
    set_variable(releasing.project, "REGION", "x", environment=Environment.PRODUCTION, actor=None)
    failed = releasing.released(text="two")
    assert failed.error["code"] == "destination_config_invalid" and "secret" in failed.error["message"]


def test_a_name_that_is_somebody_elses_is_left_alone(releasing: Releasing) -> None:
    releasing.built()
    name = f"{releasing.project.slug}-edge"
    releasing.vendor.services[name] = Kept("somebody else")
    releasing.work()
    failed = Deployment.objects.latest("pk")
    assert failed.error["code"] == "service_name_taken"
    actions.delete_project(releasing.project, actor=None)
    releasing.work()
    assert name in releasing.vendor.services


def test_a_deleted_project_leaves_nothing_at_the_vendor(releasing: Releasing) -> None:
    releasing.released()
    releasing.released("feature", "two")
    actions.delete_project(releasing.project, actor=None)
    releasing.vendor.faults = [Fault("DELETE /services", 503, times=4)]
    releasing.work()
    left = CloudService.objects.living().get()
    assert left.error["code"] == "vendor_failed"
    releasing.work()
    assert releasing.vendor.services == {} and not CloudService.objects.living().exists()


def test_without_an_account_it_says_where_to_add_one(releasing: Releasing) -> None:
    Account.objects.update(removed_at=Now())
    failed = releasing.released()
    assert failed.error["code"] == "account_missing" and "Accounts" in failed.error["hint"]


def test_a_worker_that_is_killed_in_the_middle_is_followed_by_one_that_goes_on(releasing: Releasing) -> None:
    """The vendor has taken the upload when the worker dies; its answer reaches nobody."""
    deployment = releasing.built()
    releasing.vendor.goes_on.clear()
    with worker_of_its_own(DEXTO_FLY_API_URL=releasing.vendor.url) as process:
        assert releasing.vendor.reached.wait(30)
        process.kill()
        process.wait()
    releasing.vendor.goes_on.set()
    operation = Operation.objects.get(kind=release_queue.KIND)
    service = releasing.service()
    assert operation.handle["ids"] == {"version": deployment.public_id} and service.ids == {"name": service.name}
    assert service.held_by == operation.pk
    Operation.objects.filter(pk=operation.pk).update(lease_expires_at=operation.created_at)
    operations.reap()
    releasing.work()
    assert releasing.fresh(deployment).status == DeploymentStatus.READY
    assert list(releasing.vendor.services) == [service.name]
    assert releasing.vendor.serving(service.name) == {deployment.public_id: 100}
    assert CloudService.objects.count() == CloudVersion.objects.count() == 1


@contextmanager
def worker_of_its_own(**endpoints: str) -> Iterator[subprocess.Popen[bytes]]:
    name = connection.settings_dict["NAME"]
    database = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()
    environment = {**os.environ, "DATABASE_URL": database, **endpoints}
    argv = [sys.executable, "-m", "tests.deployments.cloud.worker", release_queue.KIND]
    process = subprocess.Popen(argv, env=environment)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def test_a_release_and_a_move_of_one_service_wait_for_each_other(releasing: Releasing) -> None:
    first, second = releasing.released(), releasing.released(text="two")
    service = releasing.service()
    actions.roll_back(releasing.project, first, actor=None)
    other = operations.enqueue(releasing.project.team, "report", second.pk, "somebody at work")
    CloudService.objects.filter(pk=service.pk).update(held_by=other.pk)
    releasing.work()
    assert releasing.vendor.serving(service.name) == {second.public_id: 100}
    move = Operation.objects.get(kind=queue.MOVE, status=OperationStatus.QUEUED)
    assert move.attempts == 0 and move.due_at > timezone.now()
    Operation.objects.filter(pk=other.pk).update(status=OperationStatus.DONE)
    releasing.work()
    assert releasing.vendor.serving(service.name) == {first.public_id: 100}


def test_a_release_that_was_cancelled_after_it_took_the_traffic_gives_it_back(releasing: Releasing) -> None:
    first = releasing.released()
    name = releasing.service().name
    second = releasing.built(text="two")
    lease = operations.take(release_queue.KIND)
    assert lease is not None
    releasing.vendor.services[name].versions[second.public_id] = {}
    releasing.vendor.services[name].shares = {second.public_id: 100}
    actions.cancel(releasing.fresh(second), actor=None)
    Operation.objects.filter(pk=lease.operation.pk).update(lease_expires_at=lease.operation.created_at)
    operations.reap()
    releasing.work()
    assert releasing.vendor.serving(name) == {first.public_id: 100}


def test_drift_is_seen(releasing: Releasing) -> None:
    first, second = releasing.released(), releasing.released(text="two")
    releasing.vendor.services[releasing.service().name].shares = {first.public_id: 100}
    tidying.inspect_all()
    releasing.work()
    drift = tidying.drift_of(releasing.service())
    assert drift == [f"{first.public_id} has 100 % of the traffic, and should have 0 %."]
    queue.move_again(releasing.production())
    releasing.work()
    assert releasing.vendor.serving(releasing.service().name) == {second.public_id: 100}
    assert tidying.drift_of(releasing.service()) == []


def test_what_goes_elsewhere_than_its_branch_has_a_service_and_an_address_of_its_own(releasing: Releasing) -> None:
    """As a job that deploys main to preview asks for."""
    production = releasing.released()
    again = pipeline.deploy_push(
        production.push, releasing.destination, environment=Environment.PREVIEW, source=Source.REDEPLOY
    )
    bundle = stored_bundle(releasing.project, releasing.folder, "two")
    Deployment.objects.filter(pk=again.pk).update(bundle=bundle, status=DeploymentStatus.BUILDING)
    release_queue.enqueue(again)
    releasing.work()
    service = releasing.service("main")
    assert releasing.vendor.serving(service.name) == {again.public_id: 100}
    assert releasing.vendor.serving(releasing.service().name) == {production.public_id: 100}
    route = Route.objects.get(wanted=again)
    assert route.kind == RouteKind.DEPLOYMENT and route.address == releasing.fresh(again).cloud_version.url


def test_a_service_whose_last_version_expired_goes(releasing: Releasing, settings: Any) -> None:
    releasing.released()
    old = releasing.released("feature", "two")
    service = releasing.service("feature")
    settings.PREVIEW_DAYS = 0
    Route.objects.filter(kind=RouteKind.BRANCH).update(wanted=None, observed=None)
    monday = Deployment.objects.filter(pk=old.pk)
    monday.update(created_at=Now() - timedelta(days=400))
    for _number in range(retention.NEWEST_KEPT):
        factories.pushed(releasing.project, message="[skip ci]")
    assert retention.expire_old(releasing.project) == 1
    releasing.work()
    releasing.work()
    assert list(releasing.vendor.services) == [releasing.service().name]
    assert CloudService.objects.get(pk=service.pk).deleted_at is not None
    assert CloudVersion.objects.get(deployment=old).gone_at is not None


def test_a_look_is_taken_again_after_old_operations_were_swept(releasing: Releasing) -> None:
    releasing.released()
    service = releasing.service()
    for _look in range(3):
        queue.inspect(service)
        releasing.work()
    looks = Operation.objects.filter(kind=queue.INSPECT).order_by("pk")
    looks.filter(pk=looks[0].pk).delete()
    for _look in range(3):
        before = looks.count()
        queue.inspect(service)
        assert looks.count() == before + 1
        releasing.work()
