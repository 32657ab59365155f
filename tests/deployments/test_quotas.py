"""Quotas of a team: what is over them is refused with its reason, also when two come at once; others go on."""

from __future__ import annotations

from collections.abc import Callable
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connections
from django.test import Client

from builds.blobs import TeamBlobs
from builds.models import Blob
from builds.upload import BlobPlace
from core.errors import UserError
from deployments import actions
from deployments.gateway.lookup import Meaning, wake
from deployments.models import Deployment, DeploymentStatus, Instance, Push, Route, Wanted
from projects import tokens
from projects.models import Project, Team
from projects.tokens import Scope
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


def refusals_at_once(*calls: Callable[[], object]) -> list[str]:
    """The codes of those that were refused, of calls in as many threads that start together."""
    start, codes = Barrier(len(calls)), []

    def run(call: Callable[[], object]) -> None:
        start.wait()
        try:
            call()
        except UserError as error:
            codes.append(error.code)
        finally:
            connections.close_all()

    threads = [Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return codes


def place(size: int) -> BlobPlace:
    return BlobPlace("blobs/x", 0, size)


class TestProjects:
    def test_the_last_free_one_goes_to_one_of_many(self, settings: Any) -> None:
        settings.TEAM_PROJECTS = 3
        team = factories.team()
        factories.project(team)
        calls = [lambda: factories.project(team) for _ in range(6)]
        assert refusals_at_once(*calls) == ["quota_projects"] * 4
        assert Project.objects.for_team(team).count() == 3

    def test_another_team_has_its_own_and_a_deleted_one_frees_its_place(self, settings: Any) -> None:
        settings.TEAM_PROJECTS = 1
        first = factories.project()
        factories.project()
        with pytest.raises(UserError, match=r"has its 1 projects\."):
            factories.project(first.team)
        actions.delete_project(first, actor=None)
        factories.project(first.team)


class TestStoredBytes:
    def test_what_would_overfill_the_store_is_not_kept(self, settings: Any) -> None:
        settings.TEAM_STORED_BYTES = 1_000
        team = factories.team()
        calls = [lambda digest=digest: TeamBlobs(team).add({digest * 64: place(400)}) for digest in "abcd"]
        assert refusals_at_once(*calls) == ["quota_stored_bytes"] * 2
        assert Blob.objects.for_team(team).count() == 2

    def test_content_of_another_team_counts_for_that_team(self, settings: Any) -> None:
        settings.TEAM_STORED_BYTES = 1_000
        for team in (factories.team(), factories.team()):
            TeamBlobs(team).add({"a" * 64: place(900)})
        assert Blob.objects.count() == 2


class TestDeploymentsPerDay:
    def test_a_push_over_it_is_skipped_and_says_why(self, settings: Any) -> None:
        settings.TEAM_DEPLOYMENTS_PER_DAY = 1
        project = factories.project()
        first, second = factories.pushed(project), factories.pushed(project)
        assert (first.status, second.status) == (DeploymentStatus.QUEUED, DeploymentStatus.SKIPPED)
        assert "made its 1 deployments of the last 24 hours" in second.reason
        assert Push.objects.get(pk=second.push_id).decision == second.reason

    def test_a_person_is_refused_and_may_still_roll_back(self, settings: Any) -> None:
        project = factories.project()
        older, newer = factories.ready(project), factories.ready(project)
        settings.TEAM_DEPLOYMENTS_PER_DAY = 2
        with pytest.raises(UserError) as caught:
            actions.redeploy(newer, actor=None)
        assert caught.value.code == "quota_deployments"
        assert actions.roll_back(project, older, actor=None).deployment == older

    def test_of_many_at_once_only_as_many_as_are_left_are_made(self, settings: Any) -> None:
        settings.TEAM_DEPLOYMENTS_PER_DAY = 3
        deployment = factories.ready(factories.project())
        calls = [lambda: actions.redeploy(deployment, actor=None) for _ in range(5)]
        assert refusals_at_once(*calls) == ["quota_deployments"] * 3
        assert Deployment.objects.count() == 3


class TestRunningAgents:
    @pytest.fixture
    def asleep(self) -> list[str]:
        """Hostnames of a team's sleeping agents."""
        team = factories.team()
        made = [factories.ready(factories.project(team)) for _ in range(4)]
        Instance.objects.update(wanted=Wanted.ASLEEP, observed=Wanted.ASLEEP)
        routes = Route.objects.filter(kind="production", wanted__in=made)
        return list(routes.values_list("hostname", flat=True))

    def test_no_more_wake_than_may_run_and_the_rest_is_told(self, settings: Any, asleep: list[str]) -> None:
        settings.TEAM_RUNNING_AGENTS = 2
        found: list[Meaning] = []
        calls = [lambda host=host: found.append(wake(host).meaning) for host in asleep]
        assert refusals_at_once(*calls) == []
        assert sorted(found, key=lambda one: one.value) == [Meaning.WAKING] * 2 + [Meaning.FULL] * 2
        assert Instance.objects.filter(wanted=Wanted.RUNNING).count() == 2

    def test_one_that_is_on_its_way_up_is_not_counted_twice(self, settings: Any, asleep: list[str]) -> None:
        settings.TEAM_RUNNING_AGENTS = 1
        assert [wake(asleep[0]).meaning for _ in range(2)] == [Meaning.WAKING] * 2

    def test_one_that_goes_to_sleep_frees_its_place(self, settings: Any, asleep: list[str]) -> None:
        settings.TEAM_RUNNING_AGENTS = 1
        assert wake(asleep[0]).meaning is Meaning.WAKING
        assert wake(asleep[1]).meaning is Meaning.FULL
        Instance.objects.update(wanted=Wanted.ASLEEP)
        assert wake(asleep[1]).meaning is Meaning.WAKING


def test_without_limits_nothing_is_refused() -> None:
    team: Team = factories.team()
    for _ in range(3):
        factories.ready(factories.project(team))
    assert Project.objects.for_team(team).count() == 3


class TestWhatIsUsed:
    """The page and the API say the same, and what happens at the limit."""

    def test_each_quota_by_its_team_alone(self, settings: Any) -> None:
        settings.TEAM_PROJECTS, settings.TEAM_STORED_BYTES = 4, 2_000_000
        owner = factories.user()
        team = factories.team(owner)
        factories.ready(factories.project(team))
        factories.ready(factories.project())
        Blob.objects.create(team=team, sha256="1" * 64, object_key="blobs/x", offset=0, size=500_000)
        token = tokens.mint(team, owner, "t", scopes=frozenset({Scope.READ}))
        answer = Client(headers={"Authorization": f"Bearer {token}"}).get("/api/v1/quotas").json()
        used = {one["name"]: (one["used"], one["limit"]) for one in answer}
        assert used == {
            "projects": (1, 4),
            "stored_bytes": (500_000, 2_000_000),
            "deployments": (1, 0),
            "running_agents": (1, 0),
        }
        assert answer[0]["at_limit"] == "The team has its 4 projects."

        person = Client()
        person.force_login(owner)
        page = person.get(f"/{team.slug}/-/quotas").content.decode()
        assert "1 of 4" in page
        assert 'aria-label="Content of bundles: 25 % used"' in page
        assert page.count("without a limit") == 2
