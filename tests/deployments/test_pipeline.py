"""What a push means: build, reuse, skip, supersede, tear down. Read from the rows that it leaves."""

from __future__ import annotations

import pytest

from builds import ending, logs
from builds.models import BUILD_STATES, Build, BuildStatus
from core.targets import Platform, Target
from deployments import actions, destinations, pipeline
from deployments.models import (
    DEPLOYMENT_STATES,
    Deployment,
    DeploymentStatus,
    Destination,
    Push,
    Route,
    RouteKind,
)
from projects import actions as project_actions
from projects import outbox
from projects.models import Environment, Operation, OperationStatus, Project
from projects.secrets import unseal
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return factories.project()


def status(deployment: Deployment) -> str:
    return str(Deployment.objects.values_list("status", flat=True).get(pk=deployment.pk))


def end_build(deployment: Deployment, outcome: BuildStatus, **values: object) -> None:
    """As its worker ends it; the deployment hears of it by the outbox."""
    build = Build.objects.select_related("team", "stream").get(pk=deployment.build_id)
    Build.objects.filter(pk=build.pk).update(status=BuildStatus.RUNNING)
    ending.end(build, outcome, **values)
    outbox.dispatch()


def test_a_push_to_the_production_branch_is_for_production(project: Project) -> None:
    assert factories.pushed(project, "main").environment == Environment.PRODUCTION
    assert factories.pushed(project, "other").environment == Environment.PREVIEW


def test_without_a_declaration_there_is_one_destination(project: Project) -> None:
    factories.pushed(project)
    factories.pushed(project)
    destination = Destination.objects.get()
    assert (destination.target, destination.platform, destination.is_default) == (Target.NODEJS, Platform.LOCAL, True)


def test_the_same_delivery_is_one_push(project: Project) -> None:
    event = factories.push_event()
    assert pipeline.handle_push(project, event) == pipeline.handle_push(project, event) == "deploys"
    assert (Push.objects.count(), Deployment.objects.count(), Build.objects.count()) == (1, 1, 1)


def test_destinations_of_one_target_share_a_build(project: Project) -> None:
    destinations.destinations_of(project)
    Destination.objects.create(
        team=project.team, project=project, name="second", target=Target.NODEJS, platform=Platform.LOCAL
    )
    factories.pushed(project)
    assert Deployment.objects.count() == 2
    assert Build.objects.count() == 1


def test_a_finished_build_queues_the_release(project: Project) -> None:
    deployment = factories.pushed(project)
    end_build(deployment, BuildStatus.READY, bundle=factories.bundle(project))
    deployment.refresh_from_db()
    assert deployment.bundle is not None
    assert Operation.objects.get(kind="release").subject_id == deployment.pk


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (BuildStatus.FAILED, DeploymentStatus.FAILED),
        (BuildStatus.CANCELLED, DeploymentStatus.CANCELLED),
        (BuildStatus.TIMED_OUT, DeploymentStatus.TIMED_OUT),
        (BuildStatus.LOST, DeploymentStatus.LOST),
    ],
)
def test_a_deployment_ends_as_its_build_does(project: Project, outcome: BuildStatus, expected: str) -> None:
    deployment = factories.pushed(project)
    end_build(deployment, outcome, error={"code": "x", "message": "m", "hint": "h"})
    deployment.refresh_from_db()
    assert (deployment.status, deployment.error["code"]) == (expected, "x")
    assert deployment.finished_at is not None
    assert not Operation.objects.filter(kind="release").exists()


def test_a_build_that_starts_is_seen(project: Project) -> None:
    deployment = factories.pushed(project)
    outbox.record(project.team, ending.STARTED, build=deployment.build_id)
    outbox.dispatch()
    assert status(deployment) == DeploymentStatus.BUILDING


def test_a_skipped_push_has_a_row_with_the_reason_and_no_build(project: Project) -> None:
    deployment = factories.pushed(project, message="docs [skip dexto]")
    assert deployment.status == DeploymentStatus.SKIPPED
    assert deployment.reason == "skipped: the commit's message says [skip dexto]"
    assert deployment.push.decision == deployment.reason
    assert not Build.objects.exists()


def test_a_skipped_push_leaves_what_is_under_way(project: Project) -> None:
    under_way = factories.pushed(project, "feature")
    factories.pushed(project, "feature", message="[skip ci]")
    assert status(under_way) == DeploymentStatus.QUEUED


def test_a_newer_push_supersedes_what_is_queued(project: Project) -> None:
    older = factories.pushed(project)
    newer = factories.pushed(project)
    older.refresh_from_db()
    assert (older.status, older.reason) == (
        DeploymentStatus.SUPERSEDED,
        f"A newer push, {newer.push.after[:7]}, took its place.",
    )
    assert Operation.objects.get(kind="build", subject_id=older.build_id).status == OperationStatus.CANCELLED
    assert status(newer) == DeploymentStatus.QUEUED
    assert logs.read(older.stream_id).ended


def test_a_project_may_have_every_push_built(project: Project) -> None:
    project_actions.change_project(project, actor=None, supersede=False)
    pushes = [factories.pushed(project, branch) for branch in ("topic", "topic", "main", "main")]
    assert [status(one) for one in pushes] == [DeploymentStatus.QUEUED] * 4


def test_a_running_build_is_superseded_for_a_preview_only(project: Project) -> None:
    production, preview = factories.pushed(project, "main"), factories.pushed(project, "feature")
    Deployment.objects.update(status=DeploymentStatus.BUILDING)
    factories.pushed(project, "main")
    factories.pushed(project, "feature")
    assert status(production) == DeploymentStatus.BUILDING
    assert status(preview) == DeploymentStatus.SUPERSEDED


def test_another_branch_is_left_alone(project: Project) -> None:
    other = factories.pushed(project, "feature")
    factories.pushed(project, "feature-2")
    assert status(other) == DeploymentStatus.QUEUED


def test_what_was_taken_to_production_is_no_longer_its_branch_s(project: Project) -> None:
    promoted = actions.promote(factories.ready(project, "feature"), actor=None)
    factories.pushed(project, "feature")
    assert status(promoted) == DeploymentStatus.QUEUED
    pipeline.tear_down_branch(project, "feature")
    assert status(promoted) == DeploymentStatus.QUEUED


def test_ready_means_that_every_address_points_here(project: Project) -> None:
    deployment = factories.ready(project)
    kinds = {route.kind: route for route in Route.objects.filter(wanted=deployment)}
    assert set(kinds) == set(RouteKind) - {RouteKind.PULL}
    assert kinds[RouteKind.PRODUCTION].hostname == f"{project.slug}.localhost"
    assert kinds[RouteKind.BRANCH].hostname == f"{project.slug}-git-main.localhost"
    assert kinds[RouteKind.DEPLOYMENT].hostname == f"{project.slug}-{deployment.public_id}.localhost"


def test_an_older_push_that_is_ready_later_takes_no_address_back(project: Project) -> None:
    older = factories.pushed(project)
    Deployment.objects.filter(pk=older.pk).update(status=DeploymentStatus.BUILDING)
    newer = factories.ready(project)
    older = factories.made_ready(Deployment.objects.with_everything().get(pk=older.pk))
    assert older.status == DeploymentStatus.READY
    assert set(Route.objects.exclude(kind=RouteKind.DEPLOYMENT).values_list("wanted", flat=True)) == {newer.pk}
    assert "it serves a newer push" in " ".join(line.text for line in logs.read(older.stream_id).lines)


def test_with_auto_assign_off_a_push_is_staged(project: Project) -> None:
    first, second = factories.ready(project), factories.ready(project)
    actions.roll_back(project, first, actor=None)
    third = factories.ready(project)
    assert third.status == DeploymentStatus.READY
    assert Route.objects.get(kind=RouteKind.PRODUCTION).wanted == first
    assert Route.objects.get(kind=RouteKind.BRANCH).wanted == third
    assert "Staged" in " ".join(line.text for line in logs.read(third.stream_id).lines)
    assert second.status == DeploymentStatus.READY


def test_the_production_branch_s_deletion_leaves_production(project: Project) -> None:
    deployment = factories.ready(project)
    assert "production stays" in pipeline.tear_down_branch(project, "main")
    assert Route.objects.get(kind=RouteKind.PRODUCTION).wanted == deployment


def test_a_branch_that_comes_back_has_its_old_address(project: Project) -> None:
    before = factories.ready(project, "feature").wanted_by.get(kind=RouteKind.BRANCH).hostname
    pipeline.tear_down_branch(project, "feature")
    assert factories.ready(project, "feature").wanted_by.get(kind=RouteKind.BRANCH).hostname == before


def test_variables_are_those_of_the_environment_and_the_branch_at_that_moment(project: Project) -> None:
    for environment, branch, value in [
        (Environment.PRODUCTION, "", "production"),
        (Environment.PREVIEW, "", "any preview"),
        (Environment.PREVIEW, "feature", "this branch"),
    ]:
        project_actions.set_variable(project, "A", value, environment=environment, branch=branch, actor=None)
    made = {branch: factories.pushed(project, branch) for branch in ("main", "other", "feature")}
    project_actions.set_variable(project, "A", "later", environment=Environment.PRODUCTION, actor=None)
    values = {branch: unseal(one.variables.get().version) for branch, one in made.items()}
    assert values == {"main": "production", "other": "any preview", "feature": "this branch"}


def test_every_state_is_declared_and_success_is_never_undone() -> None:
    assert DEPLOYMENT_STATES.states() == set(DeploymentStatus.values)
    assert BUILD_STATES.states() == set(BuildStatus.values)
    assert DEPLOYMENT_STATES.is_terminal(DeploymentStatus.READY)
    assert BUILD_STATES.is_terminal(BuildStatus.READY)
    assert DEPLOYMENT_STATES.sources(DeploymentStatus.READY) == [DeploymentStatus.DEPLOYING]


@pytest.mark.parametrize("terminal", [one for one in DeploymentStatus if DEPLOYMENT_STATES.is_terminal(one)])
def test_what_has_ended_moves_nowhere(project: Project, terminal: DeploymentStatus) -> None:
    deployment = factories.pushed(project)
    Deployment.objects.filter(pk=deployment.pk).update(status=terminal)
    rows = Deployment.objects.filter(pk=deployment.pk)
    assert [to for to in DeploymentStatus if DEPLOYMENT_STATES.move(rows, to=to)] == []


def test_long_branches_that_differ_at_their_end_have_addresses_of_their_own() -> None:
    project = factories.project(slug="agent")
    names = [f"{'long/' * 45}{end}" for end in ("one", "two")]
    for name in names:
        factories.ready(project, name)
    hosts = set(Route.objects.filter(kind=RouteKind.BRANCH).values_list("branch", "hostname"))
    assert {branch for branch, _host in hosts} == set(names)
    assert len({host for _branch, host in hosts}) == 2
