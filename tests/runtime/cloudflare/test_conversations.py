"""A conversation that several agents share."""

from __future__ import annotations

from uuid import uuid4

import pytest

from tests.runtime.client import Caller
from tests.runtime.cloudflare.websocket import WebSocket
from tests.runtime.conftest import Start
from tests.runtime.projects import Project, agent
from tests.runtime.targets import Running


@pytest.fixture
def running(start: Start) -> Running:
    return start(Project({"ann": agent(), "bob": agent()}))


def opened(running: Running) -> tuple[Caller, str]:
    return Caller(running.url), f"/api/conversations/c-{uuid4().hex}"


def test_each_agent_hears_what_was_said_since_it_last_spoke(running: Running) -> None:
    caller, path = opened(running)
    for name in ("ann", "bob"):
        caller.send(f"{path}/agents", {"agentId": name}, 201)
    first = caller.send(f"{path}/messages", {"content": "hello", "from": "eve"})["entries"]
    assert [entry["from"] for entry in first] == ["eve", "ann", "bob"]
    assert first[1]["content"] == "You said: eve: hello"
    assert first[2]["content"].endswith("ann: You said: eve: hello")
    second = caller.send(f"{path}/messages", {"content": "and you?", "from": "eve", "agents": ["ann"]})["entries"]
    assert second[1]["content"].startswith("You said: bob: You said:")
    assert second[1]["content"].endswith("eve: and you?")
    log = caller.get(path)
    assert log["agents"] == ["ann", "bob"]
    assert [entry["from"] for entry in log["log"]] == ["eve", "ann", "bob", "eve", "ann"]


def test_everyone_connected_hears_all_of_it_as_it_is_said(running: Running) -> None:
    caller, path = opened(running)
    with WebSocket(f"{running.url}{path}/socket") as socket:
        caller.send(f"{path}/agents", {"agentId": "ann"}, 201)
        joined = socket.receive()
        assert (joined["type"], joined["agentId"]) == ("agent_joined", "ann")
        caller.send(f"{path}/messages", {"content": "hello"})
        assert socket.receive()["data"]["from"] == "user"
        frames = socket.until("message")
        chunks = [frame for frame in frames if frame["type"] == "chunk"]
        assert {frame["agentId"] for frame in chunks} == {"ann"}
        assert "".join(frame["data"]["content"] for frame in chunks) == frames[-1]["data"]["content"]


def test_the_log_is_there_after_a_restart(running: Running) -> None:
    caller, path = opened(running)
    caller.send(f"{path}/agents", {"agentId": "ann"}, 201)
    caller.send(f"{path}/messages", {"content": "hello"})
    before = caller.get(path)
    running.restart()
    assert Caller(running.url).get(path) == before


def test_who_is_not_there_is_not_asked(running: Running) -> None:
    caller, path = opened(running)
    assert caller.send(f"{path}/agents", {"agentId": "nobody"}, 404)["code"] == "agent_not_found"
    said = caller.send(f"{path}/messages", {"content": "x", "agents": ["ann"]}, 404)
    assert said["code"] == "agent_not_found"
    assert caller.send(f"{path}/messages", {"content": ""}, 400)["code"] == "content_invalid"


def test_a_conversation_needs_a_key_where_keys_are_asked_for(start: Start) -> None:
    running = start(Project({"ann": agent()}), DEXTO_API_KEYS="key-of-tests")
    Caller(running.url).get("/api/conversations/c1", 401)
    assert Caller(running.url, key="key-of-tests").get("/api/conversations/c1")["log"] == []
