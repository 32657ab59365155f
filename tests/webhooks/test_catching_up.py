"""Deliveries that never arrived, and what the reconcile makes up for, against the fake GitHub."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from deployments.models import Deployment, DeploymentStatus, PullRequest, Push, Route, RouteKind
from projects.models import DeliveryMode
from tests import factories, github_world
from tests.fakes.github import sending
from tests.github_world import Place
from webhooks import catching_up, processing, reconciling
from webhooks.models import Delivery

pytestmark = pytest.mark.django_db


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Place]:
    with github_world.place(tmp_path) as found:
        yield found


def push(at: Place, branch: str = "main", text: str = "# Two\n") -> str:
    before = at.hosted.branches()
    sha = at.world.commit(at.hosted, branch, {"prompts/one.md": text}, "a change")
    sending.pushed(at.world, at.hosted, before)
    at.world.idle()
    return sha


class TestPolling:
    def test_what_is_listed_is_taken_once_oldest_first(self, at: Place) -> None:
        github_world.named(at, factories.team(), mode=DeliveryMode.POLLING)
        push(at)
        push(at, text="# Three\n")
        assert catching_up.poll_all() == len({one.guid for one in at.world.deliveries}) == 2
        assert catching_up.poll_all() == 0
        ledger = list(Delivery.objects.order_by("pk").values_list("guid", flat=True))
        assert ledger == list(dict.fromkeys(one.guid for one in at.world.deliveries))

    def test_a_push_that_was_polled_is_deployed(self, at: Place) -> None:
        project = github_world.linked(at)
        github_world.named(at, project.team, mode=DeliveryMode.POLLING)
        sha = push(at)
        catching_up.poll_all()
        processing.process_all()
        assert Push.objects.get(project=project, after=sha).branch == "main"

    def test_a_host_that_is_away_is_said_and_not_raised(self, at: Place) -> None:
        github_world.named(at, factories.team(), mode=DeliveryMode.POLLING)
        at.app.key = at.world.make_app(at.owner, "Another").key
        assert catching_up.poll_all() == 0


class TestRecovery:
    def test_what_failed_long_enough_ago_is_asked_for_again(self, at: Place) -> None:
        github_world.named(at, factories.team())
        push(at)
        for one in at.world.deliveries:
            one.status_code, one.delivered_at = 502, one.delivered_at - timedelta(minutes=5)
        lost = {one.guid for one in at.world.deliveries}
        assert catching_up.recover_all() == len(lost) == 1
        at.world.idle()
        assert {one.guid for one in at.world.deliveries if one.redelivery} == lost

    def test_what_arrived_or_is_on_its_way_is_not(self, at: Place) -> None:
        github_world.named(at, factories.team())
        push(at)
        for one in at.world.deliveries:
            one.status_code = 502
        assert catching_up.recover_all() == 0
        for one in at.world.deliveries:
            one.status_code, one.delivered_at = 202, one.delivered_at - timedelta(minutes=5)
        assert catching_up.recover_all() == 0


class TestReconcile:
    def test_a_push_that_nobody_told_of_is_deployed_and_only_once(self, at: Place) -> None:
        project = github_world.linked(at)
        assert reconciling.reconcile_all() == 1
        assert Deployment.objects.get(project=project).push.after == at.sha
        assert reconciling.reconcile_all() == 0

    def test_a_push_that_nobody_told_of_may_ask_not_to_be_deployed(self, at: Place) -> None:
        project = github_world.linked(at)
        at.world.commit(at.hosted, "main", {"README.md": "Two"}, "Words alone [skip ci]")
        assert reconciling.reconcile_all() == 1
        assert Deployment.objects.get(project=project).status == DeploymentStatus.SKIPPED

    def test_a_branch_that_is_gone_loses_its_preview(self, at: Place) -> None:
        project = github_world.linked(at)
        factories.ready(project, "feature")
        reconciling.reconcile_all()
        assert Route.objects.get(project=project, kind=RouteKind.BRANCH).wanted is None

    def test_a_pull_request_that_is_closed_there_is_closed_here(self, at: Place) -> None:
        project = github_world.linked(at)
        row = PullRequest.objects.create(
            team=project.team, project=project, number=9, head_branch="feature", head_sha="a" * 40
        )
        reconciling.reconcile_all()
        row.refresh_from_db()
        assert not row.is_open

    def test_a_branch_stays_without_a_preview_where_its_pull_request_left_it(self, at: Place) -> None:
        project = github_world.linked(at)
        at.world.commit(at.hosted, "feature", {"prompts/one.md": "# Two\n"})
        pull = at.world.open_pull(at.hosted, at.hosted, "feature")
        sending.pull_closed(at.world, pull, merged=True)
        reconciling.reconcile_all()
        assert set(Push.objects.filter(project=project).values_list("branch", flat=True)) == {"main"}
        at.world.commit(at.hosted, "feature", {"prompts/one.md": "# Three\n"})
        assert reconciling.reconcile_all() == 1
        assert Deployment.objects.filter(project=project, branch="feature").count() == 1
