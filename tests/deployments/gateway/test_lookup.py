"""What a hostname means: nobody's, gone, asleep, running, or an agent that does not start."""

from __future__ import annotations

import pytest

from core.targets import Target
from deployments import pipeline
from deployments.gateway.lookup import Meaning, look_up, wake
from deployments.models import Deployment, Destination, Instance, Observed, Route, RouteKind, Wanted
from projects.models import Project
from tests import factories

pytestmark = pytest.mark.django_db
HOST = "agent.localhost"


@pytest.fixture
def project() -> Project:
    return factories.project(slug="agent")


def observe(deployment: Deployment, wanted: Wanted, observed: Observed) -> None:
    Instance.objects.filter(deployment=deployment).update(wanted=wanted, observed=observed, error={"code": "x"})


def test_a_host_that_nobody_has() -> None:
    assert look_up("nobody.localhost").meaning is Meaning.UNKNOWN


@pytest.mark.parametrize(
    ("wanted", "observed", "meaning"),
    [
        (Wanted.RUNNING, Observed.RUNNING, Meaning.RUNNING),
        (Wanted.RUNNING, Observed.STARTING, Meaning.WAKING),
        (Wanted.ASLEEP, Observed.ASLEEP, Meaning.WAKING),
        (Wanted.RUNNING, Observed.FAILED, Meaning.FAILED),
        (Wanted.GONE, Observed.RUNNING, Meaning.GONE),
        (Wanted.GONE, Observed.GONE, Meaning.GONE),
    ],
)
def test_what_its_agent_does(project: Project, wanted: Wanted, observed: Observed, meaning: Meaning) -> None:
    deployment = factories.ready(project)
    observe(deployment, wanted, observed)
    assert look_up(HOST).meaning is meaning


def test_a_branch_that_was_deleted_is_gone(project: Project) -> None:
    factories.ready(project, "feature")
    pipeline.tear_down_branch(project, "feature")
    assert look_up("agent-git-feature.localhost").meaning is Meaning.GONE


def test_who_asks_for_a_sleeping_agent_wakes_it(project: Project) -> None:
    deployment = factories.ready(project)
    observe(deployment, Wanted.ASLEEP, Observed.ASLEEP)
    assert wake(HOST).public_id == deployment.public_id
    assert Instance.objects.get().wanted == Wanted.RUNNING


def test_nobody_wakes_what_is_gone(project: Project) -> None:
    deployment = factories.ready(project)
    observe(deployment, Wanted.GONE, Observed.STOPPING)
    wake(HOST)
    assert Instance.objects.get().wanted == Wanted.GONE


def test_where_the_wanted_one_does_not_start_the_one_before_answers(project: Project) -> None:
    first, second = factories.ready(project), factories.ready(project)
    Route.objects.filter(kind=RouteKind.PRODUCTION).update(observed=first)
    observe(second, Wanted.RUNNING, Observed.FAILED)
    observe(first, Wanted.RUNNING, Observed.RUNNING)
    found = look_up(HOST)
    assert (found.meaning, found.public_id) == (Meaning.RUNNING, first.public_id)


@pytest.mark.parametrize(("target", "wakes"), [(Target.CLOUDFLARE, False), (Target.NODEJS, True)])
def test_one_whose_successor_comes_up_with_its_memory_sleeps_on(project: Project, target: Target, wakes: bool) -> None:
    first, second = factories.ready(project), factories.ready(project)
    Destination.objects.update(target=target)
    Route.objects.filter(kind=RouteKind.PRODUCTION).update(wanted=first)
    observe(first, Wanted.ASLEEP, Observed.ASLEEP)
    observe(second, Wanted.RUNNING, Observed.STARTING)
    assert wake(HOST).meaning is Meaning.WAKING
    assert (Instance.objects.get(deployment=first).wanted == Wanted.RUNNING) is wakes
    observe(second, Wanted.RUNNING, Observed.FAILED)
    wake(HOST)
    assert Instance.objects.get(deployment=first).wanted == Wanted.RUNNING
