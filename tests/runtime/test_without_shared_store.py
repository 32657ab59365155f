"""Functions without a store that their instances share: what the table says is answered 501, the rest holds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.sharing import FEATURES
from core.targets import Target
from tests.runtime.built import build
from tests.runtime.client import Caller, close_all
from tests.runtime.projects import project

APPROVAL = "some-session~1"
ASKED = {
    "later": ("POST", "/api/message", {"content": "hello", "sessionId": "s"}),
    "attach": ("GET", "/api/sessions/s/events", None),
    "cancel": ("POST", "/api/sessions/s/cancel", {}),
    "approvals": ("POST", f"/api/approvals/{APPROVAL}", {"status": "approved"}),
}


@pytest.fixture(params=[Target.LAMBDA, Target.VERCEL], ids=str)
def alone(request: pytest.FixtureRequest, model_url: str, tmp_path: Path) -> Iterator[Caller]:
    running = build(request.param, project(), tmp_path, {"MODEL_URL": model_url, "MODEL_KEY": "key"})
    yield Caller(running.url)
    close_all()
    running.stop()


def test_a_conversation_within_a_request_holds(alone: Caller) -> None:
    assert alone.say("hello")["response"] == "You said: hello"
    assert [event["name"] for event in alone.turn("again")][-1] == "run:complete"


@pytest.mark.parametrize("feature", ASKED)
def test_what_needs_sharing_is_a_501_that_names_it(alone: Caller, feature: str) -> None:
    alone.say("hello", "s")
    method, path, body = ASKED[feature]
    answer = alone.http.request(method, path, json=body)
    assert (answer.status_code, answer.json()["code"]) == (501, "needs_shared_store")
    assert answer.json()["context"]["feature"] == feature
    assert next(one.sentence for one in FEATURES if one.key == feature) in answer.json()["message"]
