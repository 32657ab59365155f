"""The webhook endpoint under any bytes and any shape: answered with 2xx or 4xx, kept only when it was signed."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.test import Client
from hypothesis import HealthCheck, example, given
from hypothesis import settings as runs
from hypothesis import strategies as st

from tests import deliveries, factories
from webhooks import processing
from webhooks.models import Delivery, DeliveryStatus
from webhooks.signatures import sign

pytestmark = pytest.mark.django_db

_RUNS = runs(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
#: What a header can hold when it reaches a WSGI server: any character of latin-1 but line ends and zero.
_HEADER = st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\0"), max_size=120)
_EVENTS = st.one_of(st.sampled_from(["push", "pull_request", "ping", "delete", "installation"]), _HEADER)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
_PUSH = deliveries.recorded("push__1_commit")
_PULL: dict[str, Any] = {
    "action": "opened",
    "repository": {"id": deliveries.REPOSITORY_ID},
    "pull_request": {
        "number": 7,
        "state": "open",
        "title": "Kinder words",
        "user": {"login": "ada"},
        "head": {"ref": "kinder", "label": "ada:kinder", "sha": "a" * 40, "repo": {"id": 4}},
    },
}


def _places(value: Any, before: tuple[str, ...] = ()) -> set[tuple[str, ...]]:
    if not isinstance(value, dict):
        return {before}
    return {place for key, inner in value.items() for place in _places(inner, (*before, key))} | (
        {before} if before else set()
    )


def _with(payload: dict[str, Any], changes: dict[tuple[str, ...], Any]) -> dict[str, Any]:
    copy: dict[str, Any] = json.loads(json.dumps(payload))
    for place, value in changes.items():
        holder: Any = copy
        for key in place[:-1]:
            holder = holder.get(key) if isinstance(holder, dict) else None
        if isinstance(holder, dict):
            holder[place[-1]] = value
    return copy


def post(body: bytes, **headers: str) -> Any:
    address = ".".join(map(str, uuid4().bytes[:4]))  # tries are counted by address
    return Client(REMOTE_ADDR=address).post(deliveries.URL, body, content_type="application/json", headers=headers)


def signature_of(body: bytes) -> str:
    return sign(settings.WEBHOOK_SECRET, body)


@_RUNS
@given(body=st.binary(max_size=300), signature=_HEADER, event=_EVENTS, guid=_HEADER)
@example(body=b"{}", signature="sha256=\xff", event="push", guid="x")
@example(body=b"{}", signature="sha256=" + "0" * 64, event="push", guid="x")
def test_nothing_unsigned_is_kept(body: bytes, signature: str, event: str, guid: str) -> None:
    headers = {"X-Hub-Signature-256": signature, "X-GitHub-Event": event, "X-GitHub-Delivery": guid}
    assert post(body, **headers).status_code == 401
    assert not Delivery.objects.exists()


@_RUNS
@given(body=st.binary(max_size=300) | _JSON.map(lambda one: json.dumps(one).encode()), event=_EVENTS, guid=_HEADER)
@example(body=b'{"repository": {"id": 1e400}}', event="push", guid="x")
@example(body=b'{"repository": {"id": true}}', event="push", guid="y")
@example(body=b"1" * 5_000, event="push", guid="digits")
@example(body=b'"\\u0000"', event="push\xe9", guid="\xe9")
def test_whatever_is_signed_is_answered_and_acted_upon_or_refused(body: bytes, event: str, guid: str) -> None:
    before = Delivery.objects.count()
    headers = {"X-Hub-Signature-256": signature_of(body), "X-GitHub-Event": event, "X-GitHub-Delivery": guid}
    status = post(body, **headers).status_code
    assert status in (202, 400)
    assert Delivery.objects.count() - before in ((0, 1) if status == 202 else (0,))
    settled()


def changed(payload: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """The payload with some of its own fields, at any depth, replaced by anything."""
    strange = _JSON | st.sampled_from(["\0", "refs/heads/\0", "refs/heads/" + "x" * 270, "0" * 40, "\ud800", 2**64, -1])
    return st.dictionaries(st.sampled_from(sorted(_places(payload))), strange, min_size=1, max_size=3).map(
        lambda changes: _with(payload, changes)
    )


@_RUNS
@given(
    event_and_payload=st.one_of(
        changed(_PUSH).map(lambda one: ("push", one)), changed(_PULL).map(lambda one: ("pull_request", one))
    )
)
def test_a_real_payload_with_strange_fields_is_decided_and_never_a_fault_of_ours(
    event_and_payload: tuple[str, dict[str, Any]],
) -> None:
    event, payload = event_and_payload
    if not Delivery.objects.exists():
        factories.project(external_id=deliveries.REPOSITORY_ID)
    body, guid = json.dumps(payload).encode(), str(uuid4())
    headers = {"X-Hub-Signature-256": signature_of(body), "X-GitHub-Event": event, "X-GitHub-Delivery": guid}
    assert post(body, **headers).status_code == 202
    settled()


def settled() -> None:
    """Everything is decided, and what failed failed by the sender's fault."""
    processing.process_all()
    assert not Delivery.objects.filter(status=DeliveryStatus.RECEIVED).exists()
    failed = Delivery.objects.filter(status=DeliveryStatus.FAILED)
    assert {row.error["code"] for row in failed} <= {"payload_invalid"}
