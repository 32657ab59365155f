"""The ledger's page: what each team may read of it, and acting on a delivery once more."""

from __future__ import annotations

import pytest
from django.test import Client

from deployments.models import Deployment
from projects.models import Project, User
from tests import deliveries, factories
from webhooks import processing
from webhooks.models import Delivery, DeliveryStatus

pytestmark = pytest.mark.django_db


def signed_in(project: Project, *, owns_all: bool = False) -> Client:
    user: User = project.team.memberships.get().user
    user.is_superuser = owns_all
    user.save()
    client = Client()
    client.force_login(user)
    return client


def page(client: Client, project: Project) -> str:
    return client.get(f"/{project.team.slug}/-/deliveries").content.decode()


def replayed(client: Client, project: Project, delivery: Delivery) -> str:
    answer = client.post(f"/{project.team.slug}/-/deliveries/{delivery.pk}/replay", follow=True)
    processing.process_all()
    delivery.refresh_from_db()
    return answer.content.decode()


def test_a_delivery_says_what_was_decided_and_of_another_team_nothing() -> None:
    first, second = deliveries.linked_project(), deliveries.linked_project()
    deliveries.processed("push__1_commit")
    shown = page(signed_in(first), first)
    assert f"{first.slug}: deploys" in shown
    assert second.slug not in shown


def test_what_concerns_no_team_is_for_the_installation_s_owner() -> None:
    project = factories.project()
    deliveries.processed("push__1_commit")
    assert "no project is linked" not in page(signed_in(project), project)
    assert "no project is linked" in page(signed_in(project, owns_all=True), project)


def test_a_delivery_of_a_repository_that_was_linked_since_deploys_when_it_is_replayed() -> None:
    ignored = deliveries.processed("push__1_commit")
    project = deliveries.linked_project()
    replayed(signed_in(project, owns_all=True), project, ignored)
    assert ignored.status == DeliveryStatus.PROCESSED
    assert Deployment.objects.get().project == project


def test_replaying_what_was_done_does_nothing_twice() -> None:
    project = deliveries.linked_project()
    delivery = deliveries.processed("push__1_commit")
    replayed(signed_in(project), project, delivery)
    assert delivery.status == DeliveryStatus.PROCESSED
    assert Deployment.objects.count() == 1


def test_what_was_overtaken_is_not_replayed() -> None:
    project = deliveries.linked_project()
    older = deliveries.processed("push__branch_deleted")
    deliveries.processed("push__new_branch")
    assert "Something newer was told" in replayed(signed_in(project), project, older)
    assert Deployment.objects.get().status == "queued"
