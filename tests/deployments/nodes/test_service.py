"""`dexto-cloud node`, running: real bundles from the real store, real agents, rows that say what is wanted."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event as Happened
from threading import Thread
from typing import Any

import pytest
from django.db import connections

from bench.installation import until
from builds import actions as build_actions
from builds import logs
from builds.models import Blob
from builds.storage import object_store
from deployments.models import Deployment, DeploymentVariable, Instance, Node, Observed, Route, Wanted
from deployments.nodes.service import NodeService
from deployments.nodes.supervision import Places
from deployments.notifying.events import Event
from deployments.release_queue import retire
from projects import operations, outbox
from projects.models import AuditEntry
from projects.secrets import seal
from tests import factories
from tests.git import commit, git, repository

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def places(tmp_path: Path) -> Iterator[Places]:
    run = Path(tempfile.mkdtemp(prefix="dx-"))  # short: a socket's path may have 108 bytes
    yield Places(data=tmp_path, run=run)
    shutil.rmtree(run)


@pytest.fixture
def deployment(tmp_path: Path) -> Deployment:
    """Built; nobody was asked to run it yet."""
    project = factories.hosted_project(slug="agent")
    folder = repository(tmp_path / "work")
    factories.write_agent(folder)
    sha = commit(folder)
    git(folder, "push", "--quiet", project.repository.origin.path, "HEAD:refs/heads/main")
    found = factories.pushed(project, after=sha)
    operations.work(build_actions.KIND)
    outbox.dispatch()
    return Deployment.objects.with_everything().get(pk=found.pk)  # type: ignore[no-any-return]


@pytest.fixture
def node(places: Places) -> Iterator[NodeService]:
    """In a thread of its own; its agents end with it."""
    ready = Happened()
    service = NodeService("this-one", places, stop_agents_on_exit=True, on_ready=ready.set)
    Node.objects.create(name="this-one")

    def run() -> None:
        service.run()
        connections.close_all()

    thread = Thread(target=run)
    thread.start()
    assert ready.wait(30)
    yield service
    service.request_stop()
    thread.join(30)
    assert not thread.is_alive()


def wanted(deployment: Deployment) -> Instance:
    made: Instance = Instance.objects.create(
        team=deployment.team,
        deployment=deployment,
        node=Node.objects.get(name="this-one"),
        stream=logs.open_stream(deployment.team),
    )
    return made


def want(instance: Instance, state: Wanted) -> None:
    Instance.objects.filter(pk=instance.pk).update(wanted=state)


def reaches(instance: Instance, state: Observed, also: Callable[[Instance], object] = lambda _one: True) -> Instance:
    def look() -> Instance | None:
        fresh = Instance.objects.select_related("deployment").get(pk=instance.pk)
        return fresh if fresh.observed == state and also(fresh) else None

    return until(look, f"an agent that is {state}", seconds=40)


def answers(places: Places, instance: Instance) -> bool:
    path = places.socket(instance.deployment)
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(path)) == 0


def test_a_node_that_ends_has_written_every_line(deployment: Deployment, node: NodeService, places: Places) -> None:
    instance = reaches(wanted(deployment), Observed.RUNNING)
    with places.log(deployment).open("a") as log:
        log.write("the last words\n")
    node.request_stop()
    ended = reaches(instance, Observed.ASLEEP)
    assert ended.wanted == Wanted.RUNNING, "the next start finds it wanted"
    until(lambda: "the last words" in [line.text for line in logs.read(instance.stream_id).lines], "the last words")


@pytest.mark.usefixtures("node")
class TestOneAgent:
    def test_it_is_brought_up_put_to_sleep_woken_and_ended(self, deployment: Deployment, places: Places) -> None:
        instance = reaches(wanted(deployment), Observed.RUNNING)
        assert answers(places, instance)
        want(instance, Wanted.ASLEEP)
        assert reaches(instance, Observed.ASLEEP).pid is None
        assert not answers(places, instance)
        want(instance, Wanted.RUNNING)
        assert reaches(instance, Observed.RUNNING).starts == 2
        retire(Deployment.objects.filter(pk=deployment.pk))
        reaches(instance, Observed.GONE)

    def test_what_it_prints_is_in_its_log(self, deployment: Deployment) -> None:
        instance = reaches(wanted(deployment), Observed.RUNNING)
        until(
            lambda: any("The agent is ready." in line.text for line in logs.read(instance.stream_id).lines), "its words"
        )

    def test_a_start_is_audited_by_names_and_its_log_shows_plain_values_only(
        self, deployment: Deployment, places: Places
    ) -> None:
        for name, value, is_secret in (("KEY", "hunter2-hunter2", True), ("MODE", "kind-and-brief", False)):
            version = seal(deployment.team, value, is_secret=is_secret)
            DeploymentVariable.objects.create(team=deployment.team, deployment=deployment, name=name, version=version)
        instance = reaches(wanted(deployment), Observed.RUNNING)
        entry = AuditEntry.objects.get(verb="variables.unsealed")
        assert (entry.subject, entry.detail["names"]) == (deployment.public_id, ["KEY", "MODE"])
        assert "hunter2" not in str(entry.detail)
        with places.log(deployment).open("a") as log:
            log.write("I have hunter2-hunter2 and kind-and-brief\n")
        words = "I have [KEY] and kind-and-brief"
        until(lambda: words in [line.text for line in logs.read(instance.stream_id).lines], "its words")

    def test_one_that_is_killed_comes_back_with_its_address(self, deployment: Deployment, places: Places) -> None:
        instance = reaches(wanted(deployment), Observed.RUNNING)
        deployment = factories.live(deployment)
        link = places.routes / "agent"
        until(link.is_symlink, "its link")
        assert instance.pid is not None
        os.kill(instance.pid, signal.SIGKILL)
        again = reaches(instance, Observed.RUNNING, lambda one: one.pid != instance.pid)
        until(link.is_symlink, "its link again")
        assert answers(places, again)
        assert Route.objects.filter(wanted=deployment).exists()

    def test_one_that_is_killed_again_and_again_is_given_up_and_told_of(self, deployment: Deployment) -> None:
        target = factories.told(deployment.project, deliveries=0)
        instance = reaches(wanted(deployment), Observed.RUNNING)
        for _ in range(4):
            killed = instance.pid
            os.kill(killed, signal.SIGKILL)
            instance = reaches(instance, Observed.RUNNING, lambda one, killed=killed: one.pid != killed)
        os.kill(instance.pid, signal.SIGKILL)
        reaches(instance, Observed.FAILED)
        until(target.notifications.filter(event=Event.CRASHING).exists, "who listens hears of it")
        assert target.notifications.get(event=Event.CRASHING).payload["error"]["code"] == "agent_crashes"

    def test_spoiled_content_is_not_started(self, deployment: Deployment) -> None:
        for key in Blob.objects.values_list("object_key", flat=True).distinct():
            object_store().put(key, b"spoiled" * 1_000)
        failed = reaches(wanted(deployment), Observed.FAILED)
        assert failed.error["code"] == "bundle_corrupt"
        assert failed.pid is None

    def test_one_that_is_killed_while_it_starts_is_started_again(self, deployment: Deployment) -> None:
        instance = wanted(deployment)
        starting = reaches(instance, Observed.STARTING, lambda one: one.pid)
        os.killpg(starting.pid, signal.SIGKILL)
        again = reaches(instance, Observed.RUNNING)
        assert again.pid != starting.pid

    def test_an_object_store_that_is_away_is_waited_for(self, deployment: Deployment, settings: Any) -> None:
        there, settings.S3_ENDPOINT_URL = settings.S3_ENDPOINT_URL, "http://127.0.0.1:1"
        object_store.cache_clear()
        try:
            instance = wanted(deployment)
            waiting = reaches(instance, Observed.NEW, lambda one: one.error)
            assert waiting.error["code"] == "object_store_failed"
        finally:
            settings.S3_ENDPOINT_URL = there
            object_store.cache_clear()
        assert reaches(instance, Observed.RUNNING).error is None

    def test_one_that_nobody_asks_goes_to_sleep(self, deployment: Deployment, settings: Any) -> None:
        settings.IDLE_SECONDS = 0
        asleep = reaches(wanted(deployment), Observed.ASLEEP)
        assert (asleep.wanted, asleep.starts) == (Wanted.ASLEEP, 1)
