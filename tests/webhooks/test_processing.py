"""Deliveries acted upon: posted as GitHub does, then read from the rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import pytest
from django.db import connection

from builds.models import Build
from deployments.models import Deployment, DeploymentStatus, Push, Route, RouteKind
from projects.models import Operation, OperationStatus
from tests import deliveries, factories
from webhooks import processing
from webhooks.models import DELIVERY_STATES, Delivery, DeliveryStatus

pytestmark = pytest.mark.django_db


def test_a_push_is_built_and_the_ledger_says_whose_it_is() -> None:
    project = deliveries.linked_project()
    delivery = deliveries.processed("push__1_commit")
    assert (delivery.status, delivery.team) == (DeliveryStatus.PROCESSED, project.team)
    assert delivery.decision == f"{project.slug}: deploys"
    assert delivery.processed_at is not None
    deployment = Deployment.objects.get()
    assert (deployment.environment, deployment.status) == ("production", DeploymentStatus.QUEUED)
    push = Push.objects.get()
    assert (push.branch, push.author, push.message) == ("main", "ada", "Answer in the customer's language")
    assert Build.objects.get().commit_sha == push.after == deliveries.recorded("push__1_commit")["after"]
    assert Operation.objects.filter(kind="build", subject_id=deployment.build_id).exists()


def test_a_duplicate_builds_nothing_more() -> None:
    deliveries.linked_project()
    guid = str(uuid4())
    deliveries.processed("push__1_commit", guid=guid)
    deliveries.processed("push__1_commit", guid=guid)
    assert (Delivery.objects.count(), Build.objects.count(), Deployment.objects.count()) == (1, 1, 1)


@contextmanager
def _no_push_can_be_written() -> Iterator[None]:
    """A database that refuses, as one without room does."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no room'; END $$;"
            "CREATE TRIGGER refuse BEFORE INSERT ON deployments_push EXECUTE FUNCTION refuse()"
        )
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP FUNCTION refuse CASCADE")


def test_a_delivery_at_which_the_platform_failed_builds_when_it_comes_again() -> None:
    deliveries.linked_project()
    guid = str(uuid4())
    with _no_push_can_be_written():
        failed = deliveries.processed("push__1_commit", guid=guid)
    assert (failed.status, failed.error["code"]) == (DeliveryStatus.FAILED, "platform_failed")
    assert "no room" not in str(failed.error)
    assert not Build.objects.exists()
    again = deliveries.processed("push__1_commit", guid=guid)
    assert (again.pk, again.status, again.error) == (failed.pk, DeliveryStatus.PROCESSED, None)
    assert Build.objects.count() == 1


def test_an_unknown_repository_is_ignored_and_the_ledger_says_why() -> None:
    factories.project()
    delivery = deliveries.processed("push__1_commit")
    assert delivery.status == DeliveryStatus.IGNORED
    assert "no project is linked" in delivery.decision
    assert not Deployment.objects.exists()


def test_the_same_number_on_another_host_is_another_repository() -> None:
    project = deliveries.linked_project()
    project.repository.host = "github.example.com"
    project.repository.save()
    assert deliveries.processed("push__1_commit").status == DeliveryStatus.IGNORED


def test_a_ping_is_answered() -> None:
    delivery = deliveries.processed("ping")
    assert (delivery.status, delivery.decision) == (DeliveryStatus.PROCESSED, "the webhook is linked")


def test_an_event_that_nobody_acts_upon_is_ignored() -> None:
    deliveries.linked_project()
    delivery = deliveries.processed("star__created")
    assert (delivery.status, delivery.decision) == (DeliveryStatus.IGNORED, "the event star is not acted upon")


def test_a_tag_is_ignored() -> None:
    deliveries.linked_project()
    assert "only branches are deployed" in deliveries.processed("push__tag").decision
    assert not Deployment.objects.exists()


def test_a_branch_that_is_deleted_takes_its_preview_down() -> None:
    project = deliveries.linked_project()
    deliveries.processed("push__new_branch")
    preview = factories.made_ready(Deployment.objects.with_everything().get())
    under_way = factories.pushed(project, "feature/refunds")
    delivery = deliveries.processed("push__branch_deleted")
    assert delivery.decision == f"{project.slug}: tore the branch's preview down"
    assert Route.objects.get(kind=RouteKind.BRANCH).wanted is None
    preview.instance.refresh_from_db()
    assert preview.instance.wanted == "gone"
    under_way.refresh_from_db()
    assert under_way.status == DeploymentStatus.CANCELLED


def test_a_branch_that_nobody_knows_may_be_deleted() -> None:
    deliveries.linked_project()
    assert deliveries.processed("push__branch_deleted").status == DeliveryStatus.PROCESSED


def test_a_force_push_deploys_what_is_there_now() -> None:
    deliveries.linked_project()
    deliveries.processed("push__new_branch")
    deliveries.processed("push__force_pushed")
    older, newer = Deployment.objects.order_by("pk")
    assert (older.status, newer.status) == (DeploymentStatus.SUPERSEDED, DeploymentStatus.QUEUED)
    assert newer.push.after == deliveries.recorded("push__force_pushed")["after"]


def test_a_message_that_says_so_is_skipped_and_seen() -> None:
    deliveries.linked_project()
    assert "skipped: the commit's message says [skip ci]" in deliveries.processed("push__skip_ci").decision
    assert Deployment.objects.get().status == DeploymentStatus.SKIPPED


@pytest.mark.parametrize(
    "changes",
    [
        {"ref": None},
        {"ref": "main"},
        {"after": "deadbeef"},
        {"repository": {"id": -1}},
        {"repository": None},
        {"head_commit": "text"},
        {"ref": "refs/heads/" + "x" * 300},
    ],
)
def test_a_push_that_is_not_as_described_fails_with_its_field(changes: dict[str, object]) -> None:
    deliveries.linked_project()
    delivery = deliveries.processed("push__1_commit", **changes)
    assert (delivery.status, delivery.error["code"]) == (DeliveryStatus.FAILED, "payload_invalid")
    assert next(iter(changes)) in delivery.error["message"]
    assert delivery.error["hint"]


def test_one_bad_delivery_does_not_hold_up_the_next() -> None:
    deliveries.linked_project()
    deliveries.post("push__1_commit", after="bad")
    assert deliveries.processed("push__1_commit").status == DeliveryStatus.PROCESSED


def test_two_projects_of_one_repository_are_both_deployed() -> None:
    first = deliveries.linked_project()
    second = deliveries.linked_project()
    words = deliveries.processed("push__1_commit").decision
    assert first.slug in words
    assert second.slug in words
    assert Deployment.objects.count() == 2


def test_a_cancelled_build_ends_its_operation() -> None:
    deliveries.linked_project()
    deliveries.processed("push__new_branch")
    deliveries.processed("push__branch_deleted")
    assert Operation.objects.get(kind="build").status == OperationStatus.CANCELLED


def test_nul_bytes_in_a_message_reach_no_row() -> None:
    deliveries.linked_project()
    head = deliveries.recorded("push__1_commit")["head_commit"] | {"message": "a\x00b"}
    assert deliveries.processed("push__1_commit", head_commit=head).status == DeliveryStatus.PROCESSED
    assert Push.objects.get().message == "ab"


def test_deliveries_of_one_repository_go_in_order() -> None:
    deliveries.linked_project()
    deliveries.post("push__new_branch")
    deliveries.post("push__branch_deleted")
    assert processing.process_all() == 2
    assert Route.objects.filter(kind=RouteKind.BRANCH, wanted__isnull=False).count() == 0
    assert Deployment.objects.get().status == DeploymentStatus.CANCELLED


def test_every_state_of_the_ledger_is_declared() -> None:
    assert DELIVERY_STATES.states() == set(DeliveryStatus.values)
    assert set(DELIVERY_STATES.sources(DeliveryStatus.RECEIVED)) == {"processed", "ignored", "failed"}
