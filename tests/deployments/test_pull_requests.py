"""Previews of pull requests: of the project's own branches, and of forks."""

from __future__ import annotations

from uuid import uuid4

import pytest

from builds.models import Trust
from core.errors import UserError
from deployments import actions, pull_requests
from deployments.events import PullRequestEvent
from deployments.models import Deployment, DeploymentStatus, Instance, PullRequest, Route, RouteKind, Wanted
from projects.actions import set_variable
from projects.models import Environment, Project
from tests import factories

pytestmark = pytest.mark.django_db

SHA, LATER = "a" * 40, "b" * 40


def _event(number: int = 7, *, is_open: bool = True, is_fork: bool = False, sha: str = SHA) -> PullRequestEvent:
    branch = "octocat:feature" if is_fork else "feature"
    return PullRequestEvent(str(uuid4()), number, is_open, is_fork, branch, sha, "A better greeting", "octocat")


def _pull_route(project: Project, number: int = 7) -> Route:
    route: Route = Route.objects.get(project=project, kind=RouteKind.PULL, branch=str(number))
    return route


def _fork_deployment(project: Project) -> Deployment:
    found: Deployment = Deployment.objects.filter(project=project).with_everything().latest("pk")
    return found


def test_a_pull_request_shows_its_branch_which_was_live_before() -> None:
    project = factories.project(slug="shop")
    live = factories.ready(project, "feature")
    assert pull_requests.handle_pull_request(project, _event()) == "previewed with its branch feature"
    assert _pull_route(project).wanted == live
    assert _pull_route(project).label == "shop-pr-7"


def test_it_follows_what_is_pushed_to_the_branch_later() -> None:
    project = factories.project()
    pull_requests.handle_pull_request(project, _event())
    later = factories.ready(project, "feature")
    assert _pull_route(project).wanted == later


def test_a_fork_waits_and_nothing_of_it_is_built() -> None:
    project = factories.project()
    decision = pull_requests.handle_pull_request(project, _event(is_fork=True))
    deployment = _fork_deployment(project)
    assert decision.startswith("waits for a member's approval")
    assert deployment.status == DeploymentStatus.WAITING
    assert deployment.build is None


def test_an_approved_fork_is_built_apart_and_without_secrets() -> None:
    project = factories.project()
    set_variable(project, "KEY", "secret", environment=Environment.PREVIEW, actor=None)
    pull_requests.handle_pull_request(project, _event(is_fork=True))
    pull_requests.approve(PullRequest.objects.get(project=project), SHA, actor=factories.user())
    deployment = _fork_deployment(project)
    assert deployment.status == DeploymentStatus.QUEUED
    assert deployment.build is not None
    assert deployment.build.trust == Trust.FORK
    assert not deployment.variables.exists()


def test_an_approval_holds_for_one_commit() -> None:
    project = factories.project()
    pull_requests.handle_pull_request(project, _event(is_fork=True))
    pull_request = PullRequest.objects.get(project=project)
    pull_requests.approve(pull_request, SHA, actor=factories.user())
    pull_requests.handle_pull_request(project, _event(is_fork=True, sha=LATER))
    assert _fork_deployment(project).status == DeploymentStatus.WAITING
    pull_request.refresh_from_db()
    with pytest.raises(UserError, match="newer commit"):
        pull_requests.approve(pull_request, SHA, actor=factories.user())


def test_a_redeploy_does_not_get_around_the_approval() -> None:
    project = factories.project()
    pull_requests.handle_pull_request(project, _event(is_fork=True))
    waiting = _fork_deployment(project)
    actions.cancel(waiting, actor=None)
    again = actions.redeploy(waiting, actor=None)
    assert again.status == DeploymentStatus.WAITING
    assert again.build is None


def test_a_fork_is_never_promoted() -> None:
    project = factories.project()
    pull_requests.handle_pull_request(project, _event(is_fork=True))
    pull_requests.approve(PullRequest.objects.get(project=project), SHA, actor=factories.user())
    live = factories.made_ready(_fork_deployment(project))
    assert _pull_route(project).wanted == live
    assert not Route.objects.filter(project=project, kind=RouteKind.BRANCH).exists()
    with pytest.raises(UserError, match="does not go to production"):
        actions.promote(live, actor=None)


def test_the_same_delivery_twice_and_an_edited_title_make_no_second_deployment() -> None:
    project = factories.project()
    event = _event(is_fork=True)
    for _ in range(3):
        pull_requests.handle_pull_request(project, event)
    assert Deployment.objects.filter(project=project).count() == 1


def test_closing_tears_the_preview_down_and_opening_again_brings_it_back() -> None:
    project = factories.project()
    live = factories.ready(project, "feature")
    pull_requests.handle_pull_request(project, _event())
    pull_requests.handle_pull_request(project, _event(is_open=False))
    assert _pull_route(project).wanted is None
    assert Instance.objects.get(deployment=live).wanted == Wanted.GONE
    pull_requests.handle_pull_request(project, _event())
    again = factories.made_ready(_fork_deployment(project))
    assert again.push == live.push
    assert _pull_route(project).wanted == again


def test_a_branch_with_a_second_open_pull_request_keeps_its_preview() -> None:
    project = factories.project()
    live = factories.ready(project, "feature")
    pull_requests.handle_pull_request(project, _event(7))
    pull_requests.handle_pull_request(project, _event(8))
    pull_requests.handle_pull_request(project, _event(7, is_open=False))
    assert _pull_route(project, 8).wanted == live
    assert Instance.objects.get(deployment=live).wanted == Wanted.RUNNING
