"""Deleting one deployment: what is refused, what is left, and that nothing it served is left to nobody's surprise."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models.functions import Now

from builds import sweeping
from builds.models import Bundle
from core.errors import UserError
from deployments import actions, deleting
from deployments.gateway.lookup import Meaning, look_up
from deployments.models import Deployment, DeploymentStatus, Destination, Instance, Route, RouteKind, Wanted
from deployments.reviving import revive
from projects.models import AuditEntry, Project, User
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return factories.project()


@pytest.fixture
def actor() -> User:
    return factories.user()


def fresh(deployment: Deployment) -> Deployment:
    found: Deployment = Deployment.objects.with_everything().get(pk=deployment.pk)
    return found


def refused(deployment: Deployment) -> str:
    with pytest.raises(UserError) as caught:
        deleting.delete(deployment, actor=None)
    assert fresh(deployment).deleted_at is None
    return caught.value.code


def own_route(deployment: Deployment) -> Route:
    found: Route = Route.objects.get(kind=RouteKind.DEPLOYMENT, hostname__contains=deployment.public_id)
    return found


def test_an_old_one_ends_and_its_row_stays(project: Project, actor: User) -> None:
    old, _back, _live = (factories.ready(project) for _ in range(3))
    hostname = own_route(old).hostname
    deleting.delete(old, actor=actor)
    gone = fresh(old)
    assert (gone.status, gone.bundle) == (DeploymentStatus.READY, None)
    assert None not in (gone.deleted_at, gone.expired_at)
    assert look_up(hostname).meaning is Meaning.GONE
    assert Instance.objects.get(deployment=old).wanted == Wanted.GONE
    assert AuditEntry.objects.get(verb="deployment.deleted").actor == actor


def test_asked_again_it_does_nothing_more(project: Project) -> None:
    old, _back, _live = (factories.ready(project) for _ in range(3))
    deleting.delete(old, actor=None)
    first = fresh(old)
    deleting.delete(old, actor=None)
    assert fresh(old).deleted_at == first.deleted_at
    assert AuditEntry.objects.filter(verb="deployment.deleted").count() == 1


def test_what_serves_production_is_not_deleted(project: Project) -> None:
    assert refused(factories.ready(project)) == "deployment_live"


def test_what_production_still_serves_while_it_switches_is_not_either(project: Project) -> None:
    first, _second, _third = (factories.ready(project) for _ in range(3))
    Route.objects.filter(kind=RouteKind.PRODUCTION).update(observed=first)
    assert refused(first) == "deployment_live"


def test_a_canary_is_not_deleted(project: Project) -> None:
    canary, _second, _third = (factories.ready(project) for _ in range(3))
    Route.objects.filter(kind=RouteKind.PRODUCTION).update(canary=canary, canary_percent=5)
    assert refused(canary) == "deployment_live"


def test_the_way_back_is_not_deleted_until_there_is_another(project: Project) -> None:
    first, second = factories.ready(project), factories.ready(project)
    assert refused(first) == "deployment_way_back"
    factories.ready(project)
    deleting.delete(first, actor=None)
    assert actions.previous(Route.objects.get(kind=RouteKind.PRODUCTION)) == second


@pytest.mark.parametrize("status", ["waiting", "queued", "building", "deploying"])
def test_what_is_under_way_is_cancelled_first(project: Project, status: str) -> None:
    deployment = factories.pushed(project)
    Deployment.objects.filter(pk=deployment.pk).update(status=status)
    assert refused(deployment) == "deployment_under_way"
    actions.cancel(fresh(deployment), actor=None)
    deleting.delete(deployment, actor=None)
    assert fresh(deployment).deleted_at is not None


def test_a_preview_goes_with_its_branchs_address(project: Project) -> None:
    preview = factories.ready(project, "feature")
    hostname = Route.objects.get(kind=RouteKind.BRANCH).hostname
    deleting.delete(preview, actor=None)
    assert look_up(hostname).meaning is Meaning.GONE
    again = factories.ready(project, "feature")
    assert Route.objects.get(hostname=hostname).wanted == again


def test_an_older_preview_leaves_the_branchs_address_alone(project: Project) -> None:
    old, newest = factories.ready(project, "feature"), factories.ready(project, "feature")
    deleting.delete(old, actor=None)
    assert Route.objects.get(kind=RouteKind.BRANCH).wanted == newest


def test_what_was_deleted_does_not_come_back_with_its_branch(project: Project) -> None:
    preview = factories.ready(project, "feature")
    deleting.delete(preview, actor=None)
    destination = Destination.objects.select_related("project", "team").get(pk=preview.destination_id)
    assert not revive(preview.push, destination)


def test_neither_an_undo_nor_a_promotion_goes_to_it(project: Project) -> None:
    first, second, third = (factories.ready(project) for _ in range(3))
    preview = factories.ready(project, "feature")
    deleting.delete(preview, actor=None)
    with pytest.raises(UserError, match="no longer kept"):
        actions.promote(fresh(preview), actor=None)
    actions.roll_back(project, first, actor=None)
    Route.objects.filter(kind=RouteKind.PRODUCTION).update(observed=first)
    actions.roll_back(project, second, actor=None)
    Route.objects.filter(kind=RouteKind.PRODUCTION).update(observed=second)
    deleting.delete(third, actor=None)
    assert refused(first) == "deployment_way_back"
    assert actions.undo_rollback(project, actor=None).deployment == second


def test_the_bundle_goes_when_nothing_else_uses_it(project: Project) -> None:
    old, other, _back, _live = (factories.ready(project) for _ in range(4))
    shared, alone = fresh(other).bundle, fresh(old).bundle
    assert shared is not None
    assert alone is not None
    again = factories.ready(project, "feature")
    Deployment.objects.filter(pk=again.pk).update(bundle=shared)
    Bundle.objects.update(used_at=Now() - timedelta(days=1_000))
    for one in (old, other):
        deleting.delete(one, actor=None)
    sweeping.sweep_bundles(project.team)
    left = set(Bundle.objects.values_list("pk", flat=True))
    assert shared.pk in left
    assert alone.pk not in left
