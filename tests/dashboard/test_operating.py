"""The operator's page of the queue: who sees it, what it says, and trying again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test import Client
from django.test.utils import CaptureQueriesContext

from deployments import release_queue, report_queue
from deployments.models import Node, Observed
from projects import operations
from projects.models import Operation, OperationStatus, Project, User
from tests import factories

pytestmark = pytest.mark.django_db
_GIB = 1024**3


@pytest.fixture
def project() -> Project:
    return factories.project()


@pytest.fixture
def operator(project: Project) -> Client:
    user: User = project.team.memberships.get().user
    user.is_superuser = True
    user.save()
    client = Client()
    client.force_login(user)
    return client


def page(client: Client, project: Project) -> str:
    answer = client.get(f"/{project.team.slug}/-/queue")
    assert answer.status_code == 200
    return answer.content.decode()


def operation(of: Project, kind: str, subject: int = 1, **values: object) -> Operation:
    row = operations.enqueue(of.team, kind, subject, f"{kind}:{subject}:{Operation.objects.count()}")
    Operation.objects.filter(pk=row.pk).update(**values)
    row.refresh_from_db()
    return row


def failed(of: Project, kind: str, subject: int = 1) -> Operation:
    error = {"code": "x", "message": "The host said no.", "hint": "Ask it."}
    return operation(of, kind, subject, status=OperationStatus.FAILED, finished_at=Now(), error=error)


def repeated(client: Client, project: Project, row: Operation) -> str:
    return client.post(f"/{project.team.slug}/-/queue/{row.pk}/repeat", follow=True).content.decode()


def test_an_installation_that_did_nothing_says_so(operator: Client, project: Project) -> None:
    shown = page(operator, project)
    assert "Nothing was asked of this installation yet" in shown
    assert "Nothing runs now" in shown
    assert "No machine that runs agents was heard of" in shown


def test_only_the_installation_s_owner_sees_it(project: Project) -> None:
    member = Client()
    member.force_login(project.team.memberships.get().user)
    row = failed(project, report_queue.KIND)
    assert member.get(f"/{project.team.slug}/-/queue").status_code == 403
    assert member.post(f"/{project.team.slug}/-/queue/{row.pk}/repeat").status_code == 403
    assert Operation.objects.count() == 1


def test_it_says_what_runs_where_and_whose_lease_ran_out(operator: Client, project: Project) -> None:
    values = {"status": OperationStatus.RUNNING, "started_at": Now()}
    operation(project, "build", lease_owner="one:1", lease_expires_at=Now() + timedelta(seconds=20), **values)
    operation(project, "build", lease_owner="two:2", lease_expires_at=Now() - timedelta(seconds=20), **values)
    shown = page(operator, project)
    assert "by <code>one:1</code>" in shown
    assert shown.count("lease ran out") == 1


def test_it_says_what_a_machine_runs_and_what_its_disk_has(operator: Client, project: Project) -> None:
    instance = factories.ready(project).instance
    Node.objects.filter(pk=instance.node_id).update(disk_size=100 * _GIB, disk_free=25 * _GIB)
    assert instance.observed == Observed.RUNNING
    shown = page(operator, project)
    assert "Agents: 1 running, 0 asleep, 0 failed" in shown
    assert 'value="75"' in shown


def test_what_failed_is_tried_again_once_however_often_it_is_asked(operator: Client, project: Project) -> None:
    row = failed(project, report_queue.KIND)
    assert "The host said no. Ask it." in page(operator, project)
    assert "It is tried once more." in repeated(operator, project, row)
    repeated(operator, project, row)
    assert Operation.objects.filter(status=OperationStatus.QUEUED).get().subject_id == row.subject_id


def test_a_release_is_led_to_its_deployment_and_not_repeated_by_itself(operator: Client, project: Project) -> None:
    deployment = factories.pushed(project)
    row = failed(project, release_queue.KIND, deployment.pk)
    assert f"/deployments/{deployment.public_id}" in page(operator, project)
    assert "Redeploy the deployment" in repeated(operator, project, row)
    assert Operation.objects.filter(kind=release_queue.KIND).count() == 1


def test_more_rows_are_no_more_queries(operator: Client, project: Project) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            page(operator, project)
        return len(seen)

    failed(project, release_queue.KIND, factories.ready(project).pk)
    few = queries()
    for _one in range(3):
        other = factories.project()
        factories.ready(other)
        failed(other, release_queue.KIND, factories.pushed(project).pk)
        operation(other, "build", status=OperationStatus.RUNNING, started_at=Now(), lease_owner="three:3")
    assert queries() == few
