"""A conversation: what is said, what is heard of it, and what is kept."""

from __future__ import annotations

import pytest

from tests.runtime.client import Caller, names, until
from tests.runtime.conftest import Start
from tests.runtime.projects import Project, agent, project

PLAIN = ["llm:thinking", "llm:chunk", "llm:response", "run:complete"]


def test_a_plain_turn_thinks_speaks_responds_and_completes(caller: Caller) -> None:
    events = caller.turn("hello there")
    assert names(events) == PLAIN
    assert "".join(event["content"] for event in events if event["name"] == "llm:chunk") == "You said: hello there"
    response = events[-2]
    assert response["content"] == "You said: hello there"
    assert (response["provider"], response["model"], response["finishReason"]) == ("openai-compatible", "fake", "stop")
    assert response["tokenUsage"] == {"inputTokens": 6, "outputTokens": 4, "totalTokens": 10}
    assert response["messageId"] == caller.history()[-1]["id"]
    assert events[-1]["finishReason"] == "stop" and events[-1]["stepCount"] == 1 and events[-1]["durationMs"] >= 0
    assert {event["sessionId"] for event in events} == {caller.session}


def test_reasoning_is_told_apart_from_the_answer(caller: Caller) -> None:
    events = caller.turn("reason why not")
    kinds = [event["chunkType"] for event in events if event["name"] == "llm:chunk"]
    assert kinds[0] == "reasoning" and set(kinds[1:]) == {"text"}
    assert caller.history()[-1]["reasoning"] == "Let me think."
    assert caller.texts()[-1] == "why not"


def test_a_message_can_wait_for_its_answer(caller: Caller) -> None:
    answer = caller.say("hello")
    assert answer["response"] == "You said: hello" and answer["sessionId"] == caller.session
    assert answer["tokenUsage"]["totalTokens"] > 0 and answer["messageId"]
    assert (answer["model"], answer["provider"]) == ("fake", "openai-compatible")


def test_the_model_is_shown_what_was_said_before(caller: Caller) -> None:
    caller.say("one")
    assert caller.say("history")["response"] == "I was shown 3 messages"
    assert caller.texts() == ["one", "You said: one", "history", "I was shown 3 messages"]


def test_a_history_holds_ids_roles_and_times(caller: Caller) -> None:
    caller.say("hello")
    question, answer = caller.history()
    assert (question["role"], answer["role"]) == ("user", "assistant")
    assert question["timestamp"] <= answer["timestamp"]
    assert question["content"] == [{"type": "text", "text": "hello"}]
    assert answer["tokenUsage"]["outputTokens"] == 3


def test_sessions_know_nothing_of_each_other(caller: Caller) -> None:
    caller.say("one")
    assert caller.say("history", "another")["response"] == "I was shown 1 messages"


def test_old_messages_are_left_out_where_the_model_has_no_room(start: Start) -> None:
    caller = Caller(start(project(llm={"maxInputTokens": 60})).url)
    for _ in range(3):
        caller.say("x" * 100)
    assert caller.say("history")["response"] == "I was shown 1 messages"
    assert len(caller.history()) == 8


def test_images_and_files_reach_the_model_and_stay_in_the_history(caller: Caller) -> None:
    image = {"type": "image", "image": "data:image/png;base64,iVBORw0KGgo="}
    answer = caller.say([{"type": "text", "text": "look"}, image])
    assert answer["response"] == "You said: look [image_url]"
    assert caller.history()[0]["content"][1]["mediaType"] == "image/png"


def test_a_medium_that_the_agent_does_not_read_is_refused(start: Start) -> None:
    caller = Caller(start(project(llm={"allowedMediaTypes": ["image/*"]})).url)
    body = {"sessionId": caller.session, "content": [{"type": "file", "data": "AAAA", "mediaType": "application/pdf"}]}
    assert caller.send("/api/message-sync", body, 415)["code"] == "media_type_not_allowed"


def test_a_closed_stream_does_not_end_the_turn(caller: Caller) -> None:
    with caller.stream("slow 10 30 word") as events:
        until(events, "llm:chunk")
    assert caller.get(caller.at("/history"))["isBusy"] is True
    with caller.attached() as events:
        assert list(events)[-1]["name"] == "run:complete"
    assert caller.texts()[-1] == "word" + " word" * 9


def test_whoever_attaches_hears_the_turn_from_its_start(caller: Caller) -> None:
    with caller.stream("slow 40 50 word") as first:
        until(first, "llm:chunk")
        with caller.attached() as second:
            heard = list(second)
        assert heard[0]["name"] == "llm:thinking" and names(heard) == PLAIN


def test_there_is_nothing_to_attach_to_when_no_turn_runs(caller: Caller) -> None:
    caller.say("hello")
    assert caller.get(caller.at("/events"), 409)["code"] == "session_not_busy"


def test_a_message_during_a_turn_is_taken_and_follows_it(caller: Caller) -> None:
    with caller.stream("slow 60 30 word") as events:
        until(events, "llm:chunk")
        busy = caller.send("/api/message-stream", {"content": "second", "sessionId": caller.session}, 202)
        assert (busy["busy"], busy["sessionId"], busy["queueLength"]) == (True, caller.session, 1) and busy["hint"]
        assert caller.send("/api/message", {"content": "third", "sessionId": caller.session}, 202)["accepted"] is True
        list(events)
    wait_for_history(caller, 6)
    assert caller.texts()[-4:] == ["second", "You said: second", "third", "You said: third"]


def test_a_message_may_be_answered_later(caller: Caller) -> None:
    assert caller.send("/api/message", {"content": "hello", "sessionId": caller.session}, 202) == {
        "accepted": True,
        "sessionId": caller.session,
    }
    wait_for_history(caller, 2)
    assert caller.texts() == ["hello", "You said: hello"]


def test_whoever_hears_that_a_turn_is_complete_may_begin_the_next(caller: Caller) -> None:
    for number in range(5):
        with caller.stream(f"message {number}") as events:
            until(events, "run:complete")
            assert caller.say("at once")["response"] == "You said: at once"


def test_a_cancelled_turn_keeps_what_was_said(caller: Caller) -> None:
    with caller.stream("slow 1000 20 word") as events:
        until(events, "llm:chunk")
        assert caller.send(caller.at("/cancel"))["cancelled"] is True
        rest = list(events)
    assert rest[-1]["name"] == "run:complete" and rest[-1]["finishReason"] == "cancelled"
    assert "llm:error" not in names(rest)
    assert caller.texts()[-1].startswith("word")
    assert caller.get(caller.at("/history"))["isBusy"] is False
    assert caller.say("again")["response"] == "You said: again"


def test_cancelling_where_no_turn_runs_says_so(caller: Caller) -> None:
    caller.say("hello")
    assert caller.send(caller.at("/cancel"))["cancelled"] is False


# On lambda another process may hold what waits, and only that one can forget it.
@pytest.mark.parametrize("target", ["nodejs", "cloudflare", "vercel"], indirect=True, scope="session")
def test_cancelling_can_forget_what_waits(caller: Caller) -> None:
    with caller.stream("slow 1000 20 word") as events:
        until(events, "llm:chunk")
        caller.send("/api/message", {"content": "second", "sessionId": caller.session}, 202)
        assert caller.send(caller.at("/cancel"), {"clearQueue": True})["clearedCount"] == 1
        list(events)
    assert "second" not in caller.texts()


def test_each_agent_of_a_project_has_its_address_and_the_first_the_root_too(start: Start) -> None:
    two = Project({"one": agent(systemPrompt="I am one."), "two": agent(systemPrompt="I am two.")})
    url = start(two).url
    assert Caller(url).say("system", "a")["response"] == "I am one."
    assert Caller(url, "/agents/one").texts("a") == ["system", "I am one."]
    assert Caller(url, "/agents/two").say("system")["response"] == "I am two."
    assert Caller(url, "/agents/three").get("/api/greeting", 404)["code"] == "route_not_found"


def wait_for_history(caller: Caller, length: int) -> None:
    """By listening to the turns one after the other."""
    while len(caller.history()) < length:
        response = caller.http.get(caller.at("/events"))
        assert response.status_code in (200, 409)


def test_a_history_survives_a_restart(start: Start) -> None:
    running = start(project())
    before = Caller(running.url)
    before.say("hello")
    running.restart()
    after = Caller(running.url)
    assert after.texts(before.session) == ["hello", "You said: hello"]
    assert after.say("history", before.session)["response"] == "I was shown 3 messages"
