"""When a model fails: what is tried again, what the caller is told, and what nobody is told."""

from __future__ import annotations

import pytest

from tests.runtime.client import Caller, names, until
from tests.runtime.conftest import Start
from tests.runtime.projects import project


def test_a_model_that_refuses_for_a_moment_is_asked_again(caller: Caller) -> None:
    assert caller.say(f"limit 2 hello from {caller.session}")["response"] == f"You said: hello from {caller.session}"


def test_a_model_that_goes_on_refusing_is_an_error_that_may_pass(caller: Caller) -> None:
    events = caller.turn(f"limit 99 {caller.session}")
    assert names(events) == ["llm:thinking", "llm:error", "run:complete"]
    assert events[1]["error"]["code"] == "model_rate_limit" and events[1]["recoverable"] is True
    assert events[-1]["finishReason"] == "error"


@pytest.mark.parametrize(("status", "code"), [(400, "model_failed"), (401, "model_refused_key"), (404, "model_failed")])
def test_a_model_that_fails_for_good_is_not_asked_again(caller: Caller, status: int, code: str) -> None:
    error = until(iter(caller.turn(f"fail {status}")), "llm:error")
    assert error["error"]["code"] == code and error["recoverable"] is False
    body = {"content": f"fail {status}", "sessionId": caller.session}
    assert caller.send("/api/message-sync", body, 502)["code"] == code


@pytest.mark.parametrize("how", ["malformed", "drop"])
def test_an_answer_that_breaks_off_keeps_what_was_heard(caller: Caller, how: str) -> None:
    events = caller.turn(how)
    assert names(events) == ["llm:thinking", "llm:chunk", "llm:error", "run:complete"]
    assert caller.texts() == [how, "This breaks"]
    assert caller.say("hello again")["response"] == "You said: hello again"


def test_a_model_that_is_not_there_is_said_to_be(start: Start) -> None:
    caller = Caller(start(project(), MODEL_URL="http://127.0.0.1:9/v1").url)
    error = until(iter(caller.turn("hello")), "llm:error")
    assert error["error"]["code"] == "model_unreachable" and error["recoverable"] is True


def test_an_unset_variable_is_named_and_stops_only_what_needs_it(start: Start) -> None:
    caller = Caller(start(project(greeting="Hi", llm={"apiKey": "${NOT_SET}"})).url)
    assert caller.get("/api/greeting") == {"greeting": "Hi"}
    error = until(iter(caller.turn("hello")), "llm:error")["error"]
    assert error["code"] == "variable_missing" and "NOT_SET" in error["message"]
    assert caller.send("/api/message-sync", {"content": "x", "sessionId": "a"}, 500)["code"] == "variable_missing"


def test_one_address_can_serve_every_agent(start: Start, model_url: str) -> None:
    one = project(llm={"baseURL": "http://127.0.0.1:9/v1", "apiKey": "$NOT_SET"})
    assert Caller(start(one, DEXTO_MODEL_BASE_URL=model_url).url).say("hello")["response"] == "You said: hello"


@pytest.mark.parametrize("provider", ["openai", "groq", "xai", "openrouter", "ollama", "litellm"])
def test_providers_that_speak_chat_completions_answer_at_another_address(start: Start, provider: str) -> None:
    caller = Caller(start(project(llm={"provider": provider})).url)
    answer = caller.say("hello")
    assert (answer["response"], answer["provider"]) == ("You said: hello", provider)


#: What each provider's own wire is called by, at the address of our model.
OWN_WIRES = {
    "anthropic": ({"provider": "anthropic"}, {}),
    "google": ({"provider": "google"}, {}),
    "openai": ({"provider": "openai", "baseURL": None}, {"OPENAI_BASE_URL": "$"}),
}


@pytest.mark.parametrize("provider", OWN_WIRES)
def test_providers_with_a_wire_of_their_own_stream_call_tools_and_fail(
    start: Start, model_url: str, mcp_url: str, provider: str
) -> None:
    llm, environment = OWN_WIRES[provider]
    servers = {"tests": {"type": "http", "url": f"{mcp_url}/mcp"}}
    one = project(llm=llm, mcpServers=servers, permissions={"mode": "auto-approve"}, systemPrompt="Be kind.")
    caller = Caller(start(one, **dict.fromkeys(environment, model_url)).url)
    events = caller.turn("hello there")
    assert names(events) == ["llm:thinking", "llm:chunk", "llm:response", "run:complete"]
    assert events[-2]["content"] == "You said: hello there"
    assert events[-2]["tokenUsage"] == {"inputTokens": 4, "outputTokens": 4, "totalTokens": 8}
    assert caller.say('tool add {"a": 2, "b": 3}')["response"] == "The tool said: 5"
    assert caller.say("system")["response"] == "Be kind."
    assert caller.say(f"limit 1 again {caller.session}")["response"].startswith("You said: again")
    image = {"type": "image", "image": "data:image/png;base64,iVBORw0KGgo="}
    assert "[" in caller.say([{"type": "text", "text": "look"}, image])["response"]
    error = until(iter(caller.turn("fail 400")), "llm:error")["error"]
    assert error["code"] == "model_failed" and "As you asked" in error["message"]
