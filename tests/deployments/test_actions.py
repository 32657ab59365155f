"""What people do: roll back, undo, promote, redeploy, cancel; and why it is refused."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now

from builds import actions as build_actions
from builds.models import Build
from core.errors import UserError
from deployments import actions, pipeline
from deployments.models import (
    Cause,
    Deployment,
    DeploymentStatus,
    Instance,
    Observed,
    Route,
    RouteChange,
    RouteKind,
    Source,
    Wanted,
)
from projects import actions as project_actions
from projects import operations
from projects.models import AuditEntry, Environment, Operation, OperationStatus, Project, SecretVersion, User
from projects.secrets import unseal
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return factories.project()


@pytest.fixture
def actor() -> User:
    return factories.user()


def production(project: Project) -> Route:
    return Route.objects.select_related("wanted").get(project=project, kind=RouteKind.PRODUCTION)


def set_variable(project: Project, value: str, environment: Environment = Environment.PRODUCTION) -> None:
    project_actions.set_variable(project, "GREETING", value, environment=environment, actor=None)


def greeting(deployment: Deployment) -> str:
    return unseal(deployment.variables.get(name="GREETING").version)


def test_rollback_goes_to_what_served_before_and_pushes_wait(project: Project, actor: User) -> None:
    first, _second = factories.ready(project), factories.ready(project)
    switch = actions.roll_back(project, actor=actor)
    assert (switch.deployment, switch.auto_assign) == (first, False)
    assert production(project).wanted == first
    project.refresh_from_db()
    assert not project.auto_assign
    change = RouteChange.objects.latest("pk")
    assert (change.cause, change.actor, change.deployment) == (Cause.ROLLBACK, actor, first)
    assert AuditEntry.objects.filter(verb="production.rollback", actor=actor).exists()


def test_rollback_goes_to_the_one_that_is_named(project: Project) -> None:
    first, _second, _third = (factories.ready(project) for _ in range(3))
    actions.roll_back(project, first, actor=None)
    assert production(project).wanted == first


def test_rollback_brings_the_variables_of_that_time_back(project: Project) -> None:
    set_variable(project, "old")
    first = factories.ready(project)
    set_variable(project, "new")
    second = factories.ready(project)
    assert greeting(actions.roll_back(project, actor=None).deployment) == greeting(first) == "old"
    assert greeting(second) == "new"


def test_rollback_builds_and_makes_nothing(project: Project) -> None:
    factories.ready(project)
    factories.ready(project)
    before = Deployment.objects.count(), Operation.objects.count()
    actions.roll_back(project, actor=None)
    assert (Deployment.objects.count(), Operation.objects.count()) == before


def test_rollback_wakes_an_agent_that_sleeps(project: Project) -> None:
    first, _second = factories.ready(project), factories.ready(project)
    Instance.objects.filter(deployment=first).update(wanted=Wanted.ASLEEP, observed=Observed.FAILED)
    actions.roll_back(project, actor=None)
    instance = Instance.objects.get(deployment=first)
    assert (instance.wanted, instance.observed) == (Wanted.RUNNING, Observed.NEW)


def test_with_nothing_before_there_is_nothing_to_roll_back(project: Project) -> None:
    factories.ready(project)
    with pytest.raises(UserError) as caught:
        actions.roll_back(project, actor=None)
    assert caught.value.code == "nothing_to_roll_back"


def test_undo_goes_to_the_newest_and_pushes_go_live_again(project: Project) -> None:
    _first, second = factories.ready(project), factories.ready(project)
    actions.roll_back(project, actor=None)
    staged = factories.ready(project)
    switch = actions.undo_rollback(project, actor=None)
    assert (switch.deployment, switch.auto_assign) == (staged, True)
    assert switch.deployment != second
    fourth = factories.ready(Project.objects.get(pk=project.pk))
    assert production(project).wanted == fourth


def test_undo_with_nothing_ready_is_refused(project: Project) -> None:
    factories.pushed(project)
    with pytest.raises(UserError, match="no earlier deployment"):
        actions.undo_rollback(project, actor=None)


def test_promote_of_a_staged_one_is_a_pointer(project: Project) -> None:
    factories.ready(project)
    factories.ready(project)
    actions.roll_back(project, actor=None)
    staged = factories.ready(project)
    assert actions.promote(staged, actor=None) == staged
    assert production(project).wanted == staged
    assert Project.objects.get(pk=project.pk).auto_assign


def test_promote_of_a_preview_is_the_same_bundle_with_production_s_variables(project: Project, actor: User) -> None:
    set_variable(project, "for previews", Environment.PREVIEW)
    set_variable(project, "for production")
    factories.ready(project)
    preview = factories.ready(project, "feature")
    builds = Build.objects.count()
    promoted = actions.promote(preview, actor=actor)
    assert promoted.pk != preview.pk
    assert Build.objects.count() == builds
    assert (promoted.bundle, promoted.push, promoted.build) == (preview.bundle, preview.push, preview.build)
    assert (promoted.environment, promoted.source, promoted.actor) == ("production", Source.PROMOTE, actor)
    assert (greeting(preview), greeting(promoted)) == ("for previews", "for production")
    assert Operation.objects.filter(kind="release", subject_id=promoted.pk).exists()


def test_a_promoted_one_takes_production_although_a_newer_push_is_there(project: Project) -> None:
    preview = factories.ready(project, "feature")
    newest = factories.ready(project)
    promoted = factories.made_ready(actions.promote(preview, actor=None))
    assert production(project).wanted == promoted != newest
    branch = Route.objects.get(kind=RouteKind.BRANCH, branch="feature")
    assert branch.wanted == preview


@pytest.mark.parametrize("status", [one for one in DeploymentStatus if one != DeploymentStatus.READY])
def test_only_what_is_ready_is_promoted(project: Project, status: DeploymentStatus) -> None:
    deployment = factories.pushed(project, "feature")
    Deployment.objects.filter(pk=deployment.pk).update(status=status)
    deployment.refresh_from_db()
    with pytest.raises(UserError) as caught:
        actions.promote(deployment, actor=None)
    assert caught.value.code == "not_ready"


def test_redeploy_is_the_same_commit_with_today_s_variables(project: Project) -> None:
    set_variable(project, "then")
    deployment = factories.ready(project)
    set_variable(project, "now")
    again = actions.redeploy(deployment, actor=None)
    assert (again.push, again.environment, again.source) == (deployment.push, "production", Source.REDEPLOY)
    assert again.build_id != deployment.build_id
    assert (greeting(deployment), greeting(again)) == ("then", "now")


def test_redeploy_of_a_promoted_one_stays_in_production(project: Project) -> None:
    preview = factories.ready(project, "feature")
    promoted = factories.made_ready(actions.promote(preview, actor=None))
    again = factories.made_ready(actions.redeploy(promoted, actor=None))
    assert again.environment == Environment.PRODUCTION
    assert production(project).wanted == again
    assert Route.objects.get(kind=RouteKind.BRANCH, branch="feature").wanted == preview


def test_redeploy_of_an_old_one_takes_nothing_from_the_newest(project: Project) -> None:
    old, newest = factories.ready(project), factories.ready(project)
    factories.made_ready(actions.redeploy(old, actor=None))
    assert production(project).wanted == newest


def test_cancel_ends_the_deployment_and_its_build(project: Project, actor: User) -> None:
    deployment = factories.pushed(project)
    actions.cancel(deployment, actor=actor)
    deployment.refresh_from_db()
    assert (deployment.status, deployment.reason) == (DeploymentStatus.CANCELLED, "Cancelled by a person.")
    assert Operation.objects.get(subject_id=deployment.build_id).status == OperationStatus.CANCELLED
    assert AuditEntry.objects.filter(verb="deployment.cancelled", actor=actor).exists()


def test_cancel_leaves_a_build_for_which_another_still_waits(project: Project) -> None:
    deployment = factories.pushed(project)
    other = pipeline.deploy_push(deployment.push, deployment.destination)
    assert other.build_id == deployment.build_id
    actions.cancel(deployment, actor=None)
    assert Operation.objects.get(subject_id=deployment.build_id).status == OperationStatus.QUEUED


def test_what_has_ended_cannot_be_cancelled(project: Project) -> None:
    deployment = factories.ready(project)
    with pytest.raises(UserError) as caught:
        actions.cancel(deployment, actor=None)
    assert caught.value.code == "not_active"


class TestPreflight:
    """The page asks before the click, the action when it is clicked: both hear the same."""

    def refused(self, project: Project, target: Deployment) -> str:
        foreseen = actions.rollback_refusal(target, production(project))
        with pytest.raises(UserError) as caught:
            actions.roll_back(project, target, actor=None)
        assert foreseen is not None
        assert foreseen.code == caught.value.code
        assert caught.value.sentence
        assert caught.value.next_step
        assert Project.objects.get(pk=project.pk).auto_assign, "a refused rollback changes nothing"
        return caught.value.code

    def test_it_is_not_refused_without_a_reason(self, project: Project) -> None:
        first, _second = factories.ready(project), factories.ready(project)
        assert actions.rollback_refusal(first, production(project)) is None

    def test_what_is_current_already(self, project: Project) -> None:
        assert self.refused(project, factories.ready(project)) == "already_current"

    def test_what_never_was_ready(self, project: Project) -> None:
        factories.ready(project)
        assert self.refused(project, factories.pushed(project)) == "not_ready"

    def test_a_preview(self, project: Project) -> None:
        factories.ready(project)
        assert self.refused(project, factories.ready(project, "feature")) == "not_production"

    def test_a_bundle_that_is_no_longer_kept(self, project: Project) -> None:
        first, _second = factories.ready(project), factories.ready(project)
        Deployment.objects.filter(pk=first.pk).update(bundle=None)
        first.refresh_from_db()
        assert self.refused(project, first) == "bundle_expired"

    def test_a_value_that_was_revoked(self, project: Project) -> None:
        set_variable(project, "leaked")
        first = factories.ready(project)
        set_variable(project, "fresh")
        factories.ready(project)
        SecretVersion.objects.filter(pk=first.variables.get().version_id).update(revoked_at=Now())
        assert self.refused(project, first) == "secret_revoked"


def test_neither_promote_nor_undo_brings_a_revoked_value_back(project: Project) -> None:
    factories.ready(project)
    set_variable(project, "leaked")
    newest = factories.ready(project)
    actions.roll_back(project, actor=None)
    SecretVersion.objects.update(revoked_at=Now())
    for act in (lambda: actions.promote(newest, actor=None), lambda: actions.undo_rollback(project, actor=None)):
        with pytest.raises(UserError) as caught:
            act()
        assert caught.value.code == "secret_revoked"
    assert production(project).wanted != newest


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("ends", ["its worker hears of it", "its worker has died"])
def test_a_project_that_is_deleted_in_the_middle_of_its_build_holds_nobody_up(settings: Any, ends: str) -> None:
    settings.BUILD_SLOTS = settings.TEAM_BUILD_SLOTS = 1
    team = factories.team()
    first, second = factories.project(team), factories.project(team)
    deleted = factories.pushed(first)
    lease = operations.take(build_actions.KIND)
    assert lease is not None
    waiting = factories.pushed(second)
    actions.delete_project(first, actor=None)
    assert Operation.objects.get(pk=lease.operation.pk).cancel_requested_at is not None
    if ends == "its worker has died":
        Operation.objects.filter(pk=lease.operation.pk).update(lease_expires_at=Now() - timedelta(seconds=1))
        operations.reap()
    else:
        lease.end(OperationStatus.CANCELLED)
    following = operations.take(build_actions.KIND)
    assert following is not None
    assert following.subject_id == waiting.build_id
    assert Deployment.objects.get(pk=deleted.pk).status == DeploymentStatus.CANCELLED
