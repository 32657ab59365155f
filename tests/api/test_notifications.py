"""Notifications by the API: made once, tested, listed in pages, and only one's own."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

import pytest
from django.test import Client

from deployments.models import NotificationTarget
from deployments.notifying.events import Event
from projects import tokens
from projects.models import AnsweredRequest, Project
from projects.tokens import Scope
from tests import factories
from tests.web_server import Reply, web_server

pytestmark = pytest.mark.django_db
PATH = "/api/v1/notifications"


def program(project: Project, *, of_project: bool = False) -> Client:
    owner = project.team.memberships.get().user
    only = project if of_project else None
    text = tokens.mint(project.team, owner, "all", scopes=frozenset(Scope), project=only)
    return Client(headers={"Authorization": f"Bearer {text}"})


def send(client: Client, method: str, path: str, body: Any = None, **headers: str) -> Any:
    return getattr(client, method)(path, body or {}, content_type="application/json", headers=headers)


def wish(**changes: Any) -> dict[str, Any]:
    base = {"kind": "webhook", "name": "ops", "address": "https://hooks.invalid/x", "events": [Event.FAILED]}
    return {**base, **changes}


@pytest.fixture
def project() -> Project:
    return factories.project()


def test_it_is_made_once_and_its_secret_is_in_that_answer_alone(project: Project) -> None:
    client = program(project)
    first = send(client, "post", PATH, wish(), **{"Idempotency-Key": "k"})
    again = send(client, "post", PATH, wish(), **{"Idempotency-Key": "k"})
    assert (first.status_code, again.json()) == (201, first.json())
    secret = first.json()["secret"]
    assert secret.startswith("whsec_")
    assert secret not in str(AnsweredRequest.objects.values_list("body", flat=True))
    (listed,) = client.get(PATH).json()
    assert "secret" not in listed
    assert listed["shown"] == "https://hooks.invalid/…"
    assert NotificationTarget.objects.get().project is None


def test_a_new_secret_is_made_once_and_in_that_answer_alone(project: Project) -> None:
    client, target = program(project), factories.told(project)
    path = f"{PATH}/{target.pk}"
    first = send(client, "post", f"{path}/secret", **{"Idempotency-Key": "k"})
    again = send(client, "post", f"{path}/secret", **{"Idempotency-Key": "k"})
    assert (first.status_code, again.json()) == (200, first.json())
    assert first.json()["secret"].startswith("whsec_")
    assert "secret" not in client.get(path).json()
    chat = send(client, "post", PATH, wish(kind="slack", name="chat")).json()
    refused = send(client, "post", f"{PATH}/{chat['id']}/secret")
    assert (refused.status_code, refused.json()["code"]) == (409, "notification_unsigned")


@pytest.mark.parametrize(
    "body",
    [
        *(wish(kind="pigeon"), wish(events=[]), wish(events=["test"])),
        *(wish(address="x"), wish(name=" "), wish(events="x")),
    ],
)
def test_what_is_wrong_is_refused_in_words(project: Project, body: dict[str, Any]) -> None:
    answer = send(program(project), "post", PATH, body)
    assert answer.status_code in (400, 409, 422)
    assert not NotificationTarget.objects.exists()


def test_it_is_changed_paused_and_removed(project: Project) -> None:
    client, target = program(project), factories.told(project)
    path = f"{PATH}/{target.pk}"
    changed = send(client, "patch", path, {"events": [Event.LIVE], "paused": True}).json()
    assert (changed["events"], changed["paused"]) == ([Event.LIVE], True)
    assert send(client, "patch", path, {"paused": False}).json()["paused"] is False
    assert send(client, "delete", path).status_code == 204
    assert client.get(path).status_code == 404


def test_a_test_answers_what_the_receiver_said(project: Project, settings: Any) -> None:
    settings.NOTIFY_NETWORKS = [ip_network("127.0.0.0/8")]
    client = program(project)
    with web_server({"/hook": Reply(418, b"short and stout")}) as receiver:
        made = send(client, "post", PATH, wish(address=f"{receiver.url}/hook")).json()
        said = send(client, "post", f"{PATH}/{made['id']}/test").json()
    assert (said["status"], said["answer_status"], said["answer"]) == ("failed", 418, "short and stout")


def test_nobody_sends_by_the_test_button(project: Project) -> None:
    client, target = program(project), factories.told(project)
    answers = [send(client, "post", f"{PATH}/{target.pk}/test") for _ in range(11)]
    assert answers[-1].json()["code"] == "too_many_tests"


def test_deliveries_come_in_pages_and_are_narrowed(project: Project) -> None:
    client, target = program(project), factories.told(project, deliveries=7)
    first = client.get(f"{PATH}/deliveries?limit=4")
    assert len(first.json()) == 4
    following = first.headers["Link"].partition("<")[2].partition(">")[0]
    assert len(client.get(following).json()) == 3
    failed = client.get(f"{PATH}/deliveries?status=failed&target={target.pk}").json()
    assert {one["status"] for one in failed} == {"failed"}
    assert client.get(f"{PATH}/deliveries?target=1").json() == []
    again = send(client, "post", f"{PATH}/deliveries/{failed[0]['id']}/resend")
    assert (again.status_code, again.json()["status"]) == (202, "waiting")


def test_a_token_of_one_project_knows_that_one_s_only(project: Project) -> None:
    other = factories.project(project.team)
    foreign = factories.told(other, "foreign")
    client = program(project, of_project=True)
    made = send(client, "post", PATH, wish()).json()
    assert made["project"] == project.slug
    assert [one["name"] for one in client.get(PATH).json()] == ["ops"]
    assert client.get(f"{PATH}/deliveries").json() == []
    assert client.get(f"{PATH}/{foreign.pk}").status_code == 404
    assert send(client, "post", PATH, wish(name="two", project=other.slug)).status_code == 404
