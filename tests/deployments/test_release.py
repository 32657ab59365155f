"""The operation `release`, as a worker carries it out; what a node would write is written here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Thread, Timer
from typing import Any

import pytest
from django.db import connections
from django.db.models.functions import Now

from bench.installation import until
from builds import logs
from builds.models import Step
from deployments import actions, release, release_queue
from deployments.models import Deployment, DeploymentStatus, Instance, Node, Observed, Route, RouteKind, Wanted
from projects import operations
from projects.actions import set_variable
from projects.models import Environment, Operation, OperationStatus, Project
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def project() -> Project:
    return factories.project()


@pytest.fixture
def deployment(project: Project) -> Deployment:
    """Built, and waiting for its release."""
    found = factories.pushed(project)
    Deployment.objects.filter(pk=found.pk).update(bundle=factories.bundle(project), status=DeploymentStatus.BUILDING)
    release_queue.enqueue(found)
    return found


def work(deployment: Deployment) -> Deployment:
    operations.work(release_queue.KIND)
    found: Deployment = Deployment.objects.with_everything().get(pk=deployment.pk)
    return found


def said(deployment: Deployment) -> str:
    return "\n".join(line.text for line in logs.read(deployment.stream_id).lines)


def test_a_healthy_agent_gets_its_addresses(deployment: Deployment) -> None:
    factories.running(deployment)
    done = work(deployment)
    assert done.status == DeploymentStatus.READY
    assert done.finished_at is not None
    assert set(done.wanted_by.values_list("kind", flat=True)) == {"deployment", "branch", "production"}
    assert list(Step.objects.filter(stream=done.stream).values_list("name", "outcome")) == [("start", "done")]
    assert said(done).endswith("Ready.")
    assert logs.read(done.stream_id).ended


def test_a_variable_that_the_agents_need_and_do_not_have_is_said(project: Project) -> None:
    set_variable(project, "GIVEN_KEY", "value", environment=Environment.PRODUCTION, actor=None)
    found = factories.pushed(project)
    wanting = factories.bundle(project, "GIVEN_KEY", "OTHER_KEY")
    Deployment.objects.filter(pk=found.pk).update(bundle=wanting, status=DeploymentStatus.BUILDING)
    release_queue.enqueue(found)
    factories.running(found)
    done = work(found)
    assert done.status == DeploymentStatus.READY
    assert "warning: OTHER_KEY is not set for this environment." in said(done)
    assert done.missing_variables == ["OTHER_KEY"]


def test_without_a_node_it_waits_for_one_and_then_says_so(deployment: Deployment, settings: Any) -> None:
    settings.OPERATION_ATTEMPTS, settings.NODE_SECONDS = 2, 0
    assert work(deployment).status == DeploymentStatus.DEPLOYING
    Operation.objects.filter(kind=release_queue.KIND).update(due_at=Now())
    done = work(deployment)
    assert (done.status, done.error["code"]) == (DeploymentStatus.FAILED, "no_node")
    assert done.error["hint"] in said(done)


def test_an_agent_that_does_not_start_takes_no_address(project: Project) -> None:
    serving = factories.ready(project)
    later = factories.pushed(project)
    Deployment.objects.filter(pk=later.pk).update(bundle=factories.bundle(project), status=DeploymentStatus.BUILDING)
    release_queue.enqueue(later)
    Node.objects.update(seen_at=Now())
    with _a_node_that_fails(later):
        done = work(later)
    assert (done.status, done.error["code"]) == (DeploymentStatus.FAILED, "agent_exited")
    assert done.instance.wanted == Wanted.GONE
    assert Route.objects.get(kind=RouteKind.PRODUCTION).wanted == serving
    assert not done.wanted_by.exists()
    assert "It ended. Look at its log." in said(done)


@contextmanager
def _a_node_that_fails(deployment: Deployment) -> Iterator[None]:
    """Says of this deployment's instance, as soon as it is wanted, that it does not start."""
    error = {"code": "agent_exited", "message": "It ended.", "hint": "Look at its log."}
    rows = Instance.objects.filter(deployment=deployment)

    def fail() -> None:
        until(lambda: rows.update(observed=Observed.FAILED, error=error), "an instance")
        connections.close_all()

    thread = Thread(target=fail)
    thread.start()
    yield
    thread.join()


def test_what_was_cancelled_meanwhile_is_not_brought_up(deployment: Deployment) -> None:
    factories.running(deployment)
    actions.cancel(Deployment.objects.with_everything().get(pk=deployment.pk), actor=None)
    done = work(deployment)
    assert done.status == DeploymentStatus.CANCELLED
    assert not done.wanted_by.exists()
    assert done.instance.wanted == Wanted.GONE
    assert Operation.objects.get(kind=release_queue.KIND).status == OperationStatus.CANCELLED


def test_a_release_whose_workers_always_die_is_lost_and_its_agent_goes(deployment: Deployment, settings: Any) -> None:
    settings.OPERATION_ATTEMPTS = 1
    factories.running(deployment)
    assert operations.take(release_queue.KIND)
    Operation.objects.filter(kind=release_queue.KIND).update(lease_expires_at=Operation.objects.latest("pk").created_at)
    operations.reap()
    done = Deployment.objects.with_everything().get(pk=deployment.pk)
    assert (done.status, done.error["code"]) == (DeploymentStatus.LOST, "worker_lost")
    assert done.instance.wanted == Wanted.GONE


def test_released_twice_it_is_live_once(deployment: Deployment) -> None:
    factories.running(deployment)
    work(deployment)
    before = list(Route.objects.values_list("pk", "generation"))
    Operation.objects.filter(kind=release_queue.KIND).update(status=OperationStatus.QUEUED, due_at=Now())
    assert work(deployment).status == DeploymentStatus.READY
    assert list(Route.objects.values_list("pk", "generation")) == before


def test_a_node_that_comes_back_meanwhile_is_waited_for(deployment: Deployment) -> None:
    """As when a machine's node is started anew: no attempt is lost."""
    coming = Timer(0.3, _node_comes_and_starts, (deployment,))
    coming.start()
    done = work(deployment)
    coming.join()
    assert done.status == DeploymentStatus.READY
    assert Operation.objects.get(kind=release_queue.KIND, subject_id=deployment.pk).attempts == 1


def _node_comes_and_starts(deployment: Deployment) -> None:
    try:
        Node.objects.create(name="late-node")
        started = Instance.objects.filter(deployment=deployment)
        until(lambda: started.update(observed=Observed.RUNNING), "the instance")
    finally:
        connections.close_all()


def test_an_agent_comes_to_the_node_that_has_its_memory(project: Project) -> None:
    idle, with_memory = (Node.objects.create(name=name, seen_at=Now()) for name in ("idle", "with-memory"))
    Instance.objects.filter(pk=factories.running(factories.pushed(project)).pk).update(node=with_memory)
    later, preview = factories.pushed(project), factories.pushed(project, "feature")
    assert release.choose_node(later) == with_memory
    assert release.choose_node(preview) == idle, "previews have another one"
    Node.objects.filter(pk=with_memory.pk).update(seen_at=Now() - timedelta(days=1))
    assert release.choose_node(later) == idle, "what lives is better than what remembers"
