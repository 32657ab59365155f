"""Intake: what is verified is written down and answered at once; what is not leaves no trace."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest
from django.test import Client

from tests import deliveries
from webhooks.models import Delivery, DeliveryStatus

pytestmark = pytest.mark.django_db


def test_a_signed_delivery_is_in_the_ledger_before_the_answer() -> None:
    guid = str(uuid4())
    answer = deliveries.post("push__1_commit", guid=guid)
    assert (answer.status_code, json.loads(answer.content)) == (202, {"delivery": guid, "status": "accepted"})
    row = Delivery.objects.get()
    assert (row.guid, row.event, row.host, row.status) == (guid, "push", "github.com", DeliveryStatus.RECEIVED)
    assert row.repository_id == deliveries.REPOSITORY_ID
    assert json.loads(bytes(row.body)) == deliveries.recorded("push__1_commit")


def test_the_same_id_again_is_one_row() -> None:
    guid = str(uuid4())
    deliveries.post("push__1_commit", guid=guid)
    answer = deliveries.post("push__1_commit", guid=guid)
    assert (answer.status_code, json.loads(answer.content)["status"]) == (202, "duplicate")
    assert Delivery.objects.count() == 1


def test_a_wrong_signature_is_401_and_nothing_is_kept() -> None:
    answer = deliveries.send(b'{"ref": "refs/heads/main"}', signature="sha256=" + "0" * 64)
    assert (answer.status_code, json.loads(answer.content)["code"]) == (401, "bad_signature")
    assert not Delivery.objects.exists()


def test_a_missing_signature_is_401() -> None:
    assert deliveries.send(b"{}", signature="").status_code == 401
    assert not Delivery.objects.exists()


@pytest.mark.parametrize("body", [b"{", b"", b"\xff\xfe{}", b"[" * 200_000])
def test_a_body_that_is_not_json_is_400_and_nothing_is_kept(body: bytes) -> None:
    answer = deliveries.send(body)
    assert (answer.status_code, json.loads(answer.content)["code"]) == (400, "malformed_json")
    assert not Delivery.objects.exists()


def test_a_body_of_26_mib_is_413_and_nothing_is_kept() -> None:
    answer = deliveries.send(b'"' + b"x" * (26 * 1024 * 1024) + b'"')
    assert (answer.status_code, json.loads(answer.content)["code"]) == (413, "delivery_too_large")
    assert not Delivery.objects.exists()


def test_a_body_of_25_mib_is_taken() -> None:
    assert deliveries.send(b'"' + b"x" * (25 * 1024 * 1024 - 2) + b'"').status_code == 202


@pytest.mark.parametrize(("guid", "event"), [("x" * 101, "push"), ("an-id", "")])
def test_headers_that_github_always_sends_are_asked_for(guid: str, event: str) -> None:
    answer = deliveries.send(b"{}", guid=guid, event=event)
    assert (answer.status_code, json.loads(answer.content)["code"]) == (400, "headers_missing")


@pytest.mark.parametrize("body", [b"[]", b"1", b'{"repository": 7}', b'{"repository": {"id": "7"}}', b"null"])
def test_json_of_any_shape_is_written_down_without_a_repository(body: bytes) -> None:
    assert deliveries.send(body).status_code == 202
    assert Delivery.objects.get().repository_id is None


def test_every_refusal_says_the_next_step() -> None:
    answers = [deliveries.send(b"{}", signature="no"), deliveries.send(b"{"), deliveries.send(b"{}", event="")]
    for answer in answers:
        assert all(json.loads(answer.content)[field] for field in ("code", "message", "hint"))


def test_who_sends_bad_signatures_again_and_again_is_not_heard_for_a_while() -> None:
    stranger = {"X-Forwarded-For": "203.0.113.77", "X-Hub-Signature-256": "sha256=0"}
    client = Client(headers=stranger)
    statuses = [client.post("/webhooks/github", b"{}", content_type="application/json").status_code for _ in range(125)]
    assert statuses[:100] == [401] * 100
    assert statuses[-1] == 429
