"""Sessions: made, listed, renamed, forked, cleared, forgotten, found again."""

from __future__ import annotations

import pytest

from tests.runtime.client import Caller, until
from tests.runtime.conftest import Start
from tests.runtime.projects import project


def test_a_session_is_made_with_the_first_message(caller: Caller) -> None:
    caller.say("hello")
    session = caller.get(caller.at())["session"]
    assert session["id"] == caller.session and session["messageCount"] == 2 and session["title"] is None
    assert session["createdAt"] <= session["lastActivity"]


def test_a_session_can_be_made_before(caller: Caller) -> None:
    made = caller.send("/api/sessions", {}, 201)["session"]
    assert set(made) == {"id", "createdAt", "lastActivity", "messageCount", "title"} and made["messageCount"] == 0
    assert caller.send("/api/sessions", {"sessionId": made["id"]}, 409)["code"] == "session_exists"


def test_sessions_are_listed_the_latest_first(caller: Caller) -> None:
    for name in ("older", "newer"):
        caller.say("hello", f"{caller.session}-{name}")
    listed = [one["id"] for one in caller.get("/api/sessions")["sessions"]]
    assert listed.index(f"{caller.session}-newer") < listed.index(f"{caller.session}-older")


def test_an_unknown_session_is_not_found_and_the_error_says_all(caller: Caller) -> None:
    error = caller.get(caller.at(), 404)
    assert error["code"] == "session_not_found" and error["message"]
    assert (error["scope"], error["type"]) == ("session", "not_found")
    assert error["context"] == {"sessionId": caller.session}
    assert (error["endpoint"], error["method"]) == (caller.at(), "GET") and error["traceId"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", ""),
        ("PATCH", ""),
        ("GET", "/history"),
        ("GET", "/events"),
        ("POST", "/cancel"),
        ("POST", "/clear-context"),
        ("POST", "/generate-title"),
        ("POST", "/fork"),
    ],
)
def test_no_verb_makes_a_session_that_is_not_there(caller: Caller, method: str, path: str) -> None:
    body = {"title": "x"} if method == "PATCH" else None
    assert caller.send(caller.at(path), body, 404, method)["code"] == "session_not_found"


def test_a_session_is_renamed(caller: Caller) -> None:
    caller.say("hello")
    assert caller.send(caller.at(), {"title": "Greetings"}, method="PATCH")["session"]["title"] == "Greetings"
    assert caller.get(caller.at())["session"]["title"] == "Greetings"


def test_a_deleted_session_is_gone_with_its_messages(caller: Caller) -> None:
    caller.say("hello")
    caller.send(caller.at(), method="DELETE")
    assert caller.get(caller.at(), 404)["code"] == "session_not_found"
    assert caller.say("history")["response"] == "I was shown 1 messages"


def test_a_session_can_be_deleted_while_its_turn_runs(caller: Caller) -> None:
    with caller.stream("slow 1000 20 word") as events:
        until(events, "llm:chunk")
        caller.send(caller.at(), method="DELETE")
        assert list(events)[-1]["finishReason"] == "cancelled"
    assert caller.get(caller.at(), 404)["code"] == "session_not_found"
    assert caller.say("history")["response"] == "I was shown 1 messages"


def test_a_cleared_context_hides_the_past_from_the_model_alone(caller: Caller) -> None:
    caller.say("hello")
    caller.send(caller.at("/clear-context"))
    assert caller.say("history")["response"] == "I was shown 1 messages"
    assert len(caller.history()) == 4


def test_a_reset_session_is_empty(caller: Caller) -> None:
    caller.say("hello")
    assert caller.send("/api/reset", {"sessionId": caller.session})["sessionId"] == caller.session
    assert caller.history() == [] and caller.get(caller.at())["session"]["messageCount"] == 0


def test_a_fork_goes_its_own_way(caller: Caller) -> None:
    caller.say("hello")
    fork = caller.send(caller.at("/fork"), {}, 201)["session"]["id"]
    assert caller.say("history", fork)["response"] == "I was shown 3 messages"
    assert len(caller.history()) == 2


def test_the_model_names_a_session(caller: Caller) -> None:
    caller.say("About trees")
    assert caller.send(caller.at("/generate-title"))["title"] == "You said: About trees"
    assert caller.get(caller.at())["session"]["title"] == "You said: About trees"


def test_a_session_gets_a_name_even_where_the_model_fails(caller: Caller) -> None:
    caller.turn("fail 400")
    assert caller.send(caller.at("/generate-title"))["title"] == "fail 400"


def test_living_sessions_are_never_given_up_for_new_ones(start: Start) -> None:
    caller = Caller(start(project(sessions={"maxSessions": 2, "sessionTTL": 3_600_000})).url)
    for name in ("one", "two"):
        caller.say("hello", name)
    body = {"content": "hello", "sessionId": "three"}
    assert caller.send("/api/message-sync", body, 429)["code"] == "too_many_sessions"
    caller.send(caller.at("", "one"), method="DELETE")
    caller.say("hello", "three")


def test_the_oldest_session_makes_room_once_its_time_is_over(start: Start) -> None:
    caller = Caller(start(project(sessions={"maxSessions": 2, "sessionTTL": 1})).url)
    for name in ("one", "two", "three"):
        caller.say("hello", name)
    assert [one["id"] for one in caller.get("/api/sessions")["sessions"]] == ["three", "two"]


def test_messages_are_found_by_their_words(caller: Caller) -> None:
    caller.say("the quick brown fox")
    caller.say("something else", "elsewhere")
    found = caller.get("/api/search/messages", q="brown quick", sessionId=caller.session, role="user")
    assert [hit["message"]["content"][0]["text"] for hit in found["results"]] == ["the quick brown fox"]
    assert found["query"] == "brown quick" and found["hasMore"] is False
    assert "brown" in found["results"][0]["context"]


def test_sessions_are_found_by_what_was_said_in_them(caller: Caller) -> None:
    caller.say("zebra crossing")
    found = caller.get("/api/search/sessions", q="zebra")["results"]
    assert [hit["sessionId"] for hit in found] == [caller.session]
    assert found[0]["metadata"]["id"] == caller.session


def test_a_history_can_be_read_in_pages(caller: Caller) -> None:
    for text in ("one", "two"):
        caller.say(text)
    newest = caller.get(caller.at("/history"), limit="2")["history"]
    older = caller.get(caller.at("/history"), limit="2", before=newest[0]["id"])["history"]
    assert [one["content"][0]["text"] for one in older] == ["one", "You said: one"]
