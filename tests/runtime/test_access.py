"""Who may call, how much, and what hostile callers get."""

from __future__ import annotations

import httpx
import pytest

from tests.runtime.client import Caller
from tests.runtime.conftest import Start
from tests.runtime.projects import Project, agent, project


def test_without_a_known_key_only_health_and_the_card_answer(start: Start) -> None:
    url = start(project(), DEXTO_API_KEYS="first-key, second-key").url
    stranger = Caller(url)
    assert stranger.http.get("/health").text == "OK"
    assert stranger.get("/.well-known/agent-card.json")["authentication"] == {"schemes": ["bearer"]}
    for path in ("/api/sessions", "/api/greeting", "/agents/main/api/tools", "/openapi.json", "/nothing"):
        assert stranger.get(path, 401)["code"] == "unauthorized"
    assert Caller(url, key="wrong").get("/api/sessions", 401)["code"] == "unauthorized"
    for key in ("first-key", "second-key"):
        assert Caller(url, key=key).say("hello", key)["response"] == "You said: hello"


def test_browsers_of_the_named_origins_may_call(start: Start) -> None:
    url = start(project(), DEXTO_CORS_ORIGINS="https://app.example.org", DEXTO_API_KEYS="key").url
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    allowed = httpx.options(f"{url}/api/message-stream", headers={"Origin": "https://app.example.org", **asked})
    assert allowed.status_code == 204
    assert allowed.headers["access-control-allow-origin"] == "https://app.example.org"
    other = httpx.options(f"{url}/api/message-stream", headers={"Origin": "https://evil.example.org", **asked})
    assert "access-control-allow-origin" not in other.headers
    refused = httpx.get(f"{url}/api/sessions", headers={"Origin": "https://app.example.org"})
    assert refused.status_code == 401 and "access-control-allow-origin" in refused.headers


def test_each_caller_has_a_number_of_requests_a_minute(start: Start) -> None:
    url = start(project(), DEXTO_REQUESTS_PER_MINUTE="5", DEXTO_API_KEYS="one,two").url
    one = Caller(url, key="one")
    answers = [one.http.get("/api/greeting") for _ in range(12)]
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert refused.json()["code"] == "request_limit" and 0 < int(refused.headers["retry-after"]) <= 60
    assert Caller(url, key="two").get("/api/greeting") and one.http.get("/health").status_code == 200


def test_each_caller_has_a_number_of_tokens_a_day(start: Start) -> None:
    url = start(project(), DEXTO_TOKENS_PER_DAY="5", DEXTO_API_KEYS="one,two").url
    one = Caller(url, key="one")
    one.say("these are some words")
    body = {"content": "more", "sessionId": one.session}
    assert one.send("/api/message-stream", body, 429)["code"] == "token_limit"
    assert one.get(one.at("/history"))["history"]
    Caller(url, key="two").say("these are some words")


def test_the_road_can_be_proved(start: Start) -> None:
    url = start(project(), DEXTO_DEPLOYMENT="dep", DEXTO_COMMIT="abc", DEXTO_ENVIRONMENT="preview").url
    said = Caller(url).get("/.well-known/dexto-deployment")
    assert (said["deployment"], said["commit"], said["environment"]) == ("dep", "abc", "preview") and said["runtime"]


def test_the_card_says_what_the_project_says(start: Start) -> None:
    caller = Caller(start(project(agentCard={"name": "Helper", "description": "Helps", "version": "2.0.0"})).url)
    card = caller.get("/.well-known/agent-card.json")
    assert (card["name"], card["description"], card["version"]) == ("Helper", "Helps", "2.0.0")
    assert card["url"].startswith("http") and card["capabilities"]["streaming"] is True and card["skills"]


def test_the_interface_describes_itself(caller: Caller) -> None:
    described = caller.get("/openapi.json")
    assert described["openapi"].startswith("3.") and "post" in described["paths"]["/api/message-stream"]
    for path, operations in described["paths"].items():
        if "get" in operations and "{" not in path and not path.startswith("/api/search"):
            assert caller.http.get(path).status_code == 200, path


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "session_id_missing"),
        (b"{", "body_invalid"),
        (b"[]", "body_invalid"),
        (b"null", "body_invalid"),
        (b"\xff\xfe", "body_invalid"),
        (b'{"content": "x"}', "session_id_missing"),
        (b'{"content": "x", "sessionId": ""}', "session_id_invalid"),
        (b'{"content": "x", "sessionId": {"a": 1}}', "session_id_invalid"),
        (b'{"content": "x", "sessionId": "../../etc"}', "session_id_invalid"),
        (b'{"content": "x", "sessionId": "a\\u0000b"}', "session_id_invalid"),
        (b'{"content": "x", "sessionId": "' + b"a" * 129 + b'"}', "session_id_invalid"),
        (b'{"sessionId": "a"}', "content_invalid"),
        (b'{"content": "", "sessionId": "a"}', "content_invalid"),
        (b'{"content": [], "sessionId": "a"}', "content_invalid"),
        (b'{"content": [null], "sessionId": "a"}', "content_invalid"),
        (b'{"content": [{"type": "text", "text": 1}], "sessionId": "a"}', "content_invalid"),
        (b'{"content": [{"type": "image", "image": "javascript:alert(1)"}], "sessionId": "a"}', "content_invalid"),
        (b'{"content": [{"type": "file", "data": "AA==", "mediaType": "a b"}], "sessionId": "a"}', "content_invalid"),
        (b'{"content": ' + b'{"a":' * 50_000 + b"1" + b"}" * 50_000 + b', "sessionId": "a"}', "content_invalid"),
    ],
)
def test_what_cannot_be_a_message_is_refused_with_a_reason(caller: Caller, body: bytes, code: str) -> None:
    for path in ("/api/message-stream", "/api/message-sync", "/api/message"):
        response = caller.http.post(path, content=body, headers={"Content-Type": "application/json"})
        assert (response.status_code, response.json()["code"]) == (400, code)
        assert "at " not in response.json()["message"].replace("at most", "")


# The platforms of the other two refuse such a body before the agent sees it.
@pytest.mark.parametrize("target", ["nodejs", "cloudflare"], indirect=True, scope="session")
def test_a_body_that_is_too_large_is_refused(caller: Caller) -> None:
    large = b'{"content": "' + b"x" * 11_000_000 + b'"}'
    for content in (large, iter([large])):
        response = caller.http.post("/api/message-stream", content=content)
        assert response.status_code == 413 and response.json()["code"] == "body_too_large"


@pytest.mark.parametrize("path", ["/api/nothing", "/api/config", "/api/agents", "/api/mcp/servers", "/..%2fetc"])
def test_there_is_nothing_at_other_addresses(caller: Caller, path: str) -> None:
    assert caller.get(path, 404)["code"] == "route_not_found"


def test_names_with_a_meaning_to_the_language_mean_nothing_here(caller: Caller) -> None:
    for name in ("__proto__", "constructor", "hasOwnProperty"):
        assert caller.get(caller.at("", name), 404)["code"] == "session_not_found"
        assert caller.get(f"/api/prompts/{name}/resolve", 404)["code"] == "prompt_not_found"
    assert caller.say("tool constructor {}")["response"] == "The tool said: There is no tool constructor."


def test_one_agent_cannot_look_into_anothers_sessions(start: Start) -> None:
    url = start(Project({"one": agent(), "two": agent()})).url
    Caller(url, "/agents/one").say("secret", "mine")
    other = Caller(url, "/agents/two")
    assert other.get("/api/sessions/mine/history", 404)["code"] == "session_not_found"
    assert other.get("/api/sessions")["sessions"] == []
    assert other.get("/api/search/messages", q="secret")["results"] == []
