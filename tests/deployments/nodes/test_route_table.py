"""From rows to links: a hostname leads to the wanted agent once that runs, and until then to the one before."""

from __future__ import annotations

from pathlib import Path

import pytest

from deployments import actions, pipeline
from deployments.models import Deployment, Instance, Observed, Route, RouteKind
from deployments.nodes.links import Links
from deployments.nodes.route_table import link_routes
from deployments.nodes.supervision import Places
from projects.models import Project
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(data=tmp_path / "data", run=tmp_path / "run")


@pytest.fixture
def links(places: Places) -> Links:
    places.run.mkdir()
    found = Links(places.routes)
    found.load()
    return found


@pytest.fixture
def project() -> Project:
    return factories.project(slug="agent")


def led_to(links: Links, label: str) -> str:
    """The deployment behind a label; "" where none is."""
    link = links.folder / label
    return link.readlink().parent.name if link.is_symlink() else ""


def observe(deployment: Deployment, observed: Observed) -> None:
    Instance.objects.filter(deployment=deployment).update(observed=observed)


def production() -> Route:
    return Route.objects.select_related("observed").get(kind=RouteKind.PRODUCTION)


def test_every_address_of_a_running_agent_is_linked(project: Project, links: Links, places: Places) -> None:
    deployment = factories.ready(project)
    link_routes(links, places)
    labels = ["agent", "agent-git-main", f"agent-{deployment.public_id}"]
    assert [led_to(links, label) for label in labels] == [deployment.public_id] * 3
    assert not Route.objects.disagreeing().exists()
    assert production().observed == deployment


def test_until_the_wanted_one_runs_the_one_before_serves(project: Project, links: Links, places: Places) -> None:
    first = factories.ready(project)
    second = factories.ready(project)
    link_routes(links, places)
    observe(first, Observed.ASLEEP)
    actions.roll_back(project, first, actor=None)
    link_routes(links, places)
    assert led_to(links, "agent") == second.public_id
    assert production().observed == second
    observe(first, Observed.RUNNING)
    link_routes(links, places)
    assert led_to(links, "agent") == first.public_id
    assert production().observed == first


def test_where_neither_runs_the_gateway_answers(project: Project, links: Links, places: Places) -> None:
    deployment = factories.ready(project)
    link_routes(links, places)
    observe(deployment, Observed.ASLEEP)
    link_routes(links, places)
    assert led_to(links, "agent") == ""


def test_a_branch_that_was_torn_down_has_no_link(project: Project, links: Links, places: Places) -> None:
    factories.ready(project, "feature")
    link_routes(links, places)
    pipeline.tear_down_branch(project, "feature")
    link_routes(links, places)
    assert led_to(links, "agent-git-feature") == ""
    assert not Route.objects.filter(kind=RouteKind.BRANCH).disagreeing().exists()


def test_what_was_changed_meanwhile_is_not_said_to_agree(project: Project, links: Links, places: Places) -> None:
    factories.ready(project)
    link_routes(links, places)
    asleep = factories.ready(project)
    observe(asleep, Observed.STARTING)
    link_routes(links, places)
    assert production().observed_generation < production().generation
