"""The WebSocket of a session."""

from __future__ import annotations

import pytest

from tests.runtime.client import Caller, until
from tests.runtime.cloudflare.websocket import Frame, RefusedError, WebSocket
from tests.runtime.conftest import Start
from tests.runtime.projects import project
from tests.runtime.targets import wait_until


def url_of(caller: Caller, session: str | None = None) -> str:
    return f"{str(caller.http.base_url).rstrip('/')}{caller.at('/socket', session)}"


def text_of(frames: list[Frame]) -> str:
    return "".join(frame["data"]["content"] for frame in frames if frame["type"] == "chunk")


def test_a_message_is_answered_in_chunks_and_done(caller: Caller) -> None:
    with WebSocket(url_of(caller)) as socket:
        socket.send({"type": "message", "content": "good morning", "id": 7})
        frames = socket.until("done")
    accepted, *chunks, done = frames
    assert accepted == {"type": "accepted", "id": 7, "sessionId": caller.session, "data": {"queueLength": 0}}
    assert {frame["type"] for frame in chunks} == {"chunk"}
    assert len(chunks) > 1
    assert text_of(frames) == done["data"]["content"] == "You said: good morning"
    assert done["data"]["finishReason"] == "stop"
    assert done["data"]["tokenUsage"]["totalTokens"] > 0
    assert caller.texts() == ["good morning", "You said: good morning"]


def test_everyone_who_is_connected_hears_a_turn_however_it_was_asked_for(caller: Caller) -> None:
    with WebSocket(url_of(caller)) as one, WebSocket(url_of(caller)) as other:
        caller.say("by HTTP")
        assert text_of(one.until("done")) == text_of(other.until("done")) == "You said: by HTTP"
        one.send({"type": "message", "content": "by socket"})
        assert text_of(other.until("done")) == "You said: by socket"


def test_who_connects_in_the_middle_of_a_turn_hears_it_from_its_start(caller: Caller) -> None:
    with caller.stream("slow 20 25 word") as events:
        until(events, "llm:chunk")
        with WebSocket(url_of(caller)) as socket:
            heard = text_of(socket.until("done"))
        said = "".join(event["content"] for event in events if event["name"] == "llm:chunk")
    assert len(heard) > len(said)
    assert heard == caller.texts()[-1]


def test_a_tool_waits_for_an_approval_that_comes_by_the_socket(start: Start, mcp_url: str) -> None:
    running = start(project(mcpServers={"tests": {"type": "http", "url": f"{mcp_url}/mcp"}}))
    caller = Caller(running.url)
    with WebSocket(url_of(caller)) as socket:
        socket.send({"type": "message", "content": 'tool add {"a": 1, "b": 2}'})
        frames = socket.until("approval")
        assert [frame["data"]["phase"] for frame in frames if frame["type"] == "tool"] == ["call"]
        request = frames[-1]["data"]
        assert request["phase"] == "request"
        socket.send({"type": "approval", "approvalId": request["approvalId"], "status": "approved"})
        rest = socket.until("done")
    assert [frame["data"]["phase"] for frame in rest if frame["type"] == "tool"] == ["running", "result"]
    assert "3" in text_of(rest)


def test_cancel_ends_the_turn(caller: Caller) -> None:
    with WebSocket(url_of(caller)) as socket:
        socket.send({"type": "message", "content": "slow 500 20 word"})
        socket.until("chunk")
        socket.send({"type": "cancel"})
        assert socket.until("done")[-1]["data"]["finishReason"] == "cancelled"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("no json", "frame_invalid"),
        ("[1]", "frame_invalid"),
        ('{"type":"dance","id":"x"}', "frame_invalid"),
        ('{"type":"message","id":"x"}', "content_invalid"),
        ('{"type":"approval","id":"x","approvalId":"nobody~1","status":"approved"}', "approval_not_found"),
        ('{"type":"message","content":"' + "x" * 1_000_001 + '"}', "frame_too_large"),
    ],
    ids=["no json", "no object", "unknown type", "no content", "unknown approval", "too large"],
)
def test_a_frame_that_cannot_be_read_is_an_error_and_the_connection_stays(caller: Caller, text: str, code: str) -> None:
    with WebSocket(url_of(caller)) as socket:
        socket.send_text(text)
        error = socket.receive()
        assert (error["type"], error["data"]["code"]) == ("error", code)
        assert "at " not in error["data"]["message"].split("\n")[-1][:3]
        socket.send({"type": "message", "content": "still here"})
        assert text_of(socket.until("done")) == "You said: still here"


def test_a_ping_is_answered(caller: Caller) -> None:
    with WebSocket(url_of(caller)) as socket:
        socket.send({"type": "ping"})
        assert socket.receive() == {"type": "pong"}


def test_a_model_that_fails_is_an_error_and_done(caller: Caller) -> None:
    with WebSocket(url_of(caller)) as socket:
        socket.send({"type": "message", "content": "fail 400"})
        frames = socket.until("done")
    (error,) = (frame for frame in frames if frame["type"] == "error")
    assert error["data"]["error"]["message"]
    assert frames[-1]["data"]["finishReason"] == "error"


def test_where_keys_are_asked_for_a_socket_needs_one_too(start: Start) -> None:
    running = start(project(), DEXTO_API_KEYS="secret-key-1", DEXTO_CORS_ORIGINS="https://chat.example")
    caller = Caller(running.url, key="secret-key-1")
    with pytest.raises(RefusedError, match="401"):
        WebSocket(url_of(caller))
    with pytest.raises(RefusedError, match="401"):
        WebSocket(url_of(caller), protocols="dexto.v1, bearer.wrong")
    with WebSocket(url_of(caller), key="secret-key-1", origin="https://chat.example") as by_header:
        by_header.send({"type": "message", "content": "hello"})
        assert text_of(by_header.until("done")) == "You said: hello"
    with WebSocket(url_of(caller), protocols="dexto.v1, bearer.secret-key-1") as by_protocol:
        assert "sec-websocket-protocol: dexto.v1\r\n" in f"{by_protocol.head.lower()}\r\n"
        assert "secret-key-1" not in by_protocol.head
        by_protocol.send({"type": "message", "content": "hello"})
        assert text_of(by_protocol.until("done")) == "You said: hello"


def test_limits_hold_for_frames_too(start: Start) -> None:
    running = start(project(), DEXTO_REQUESTS_PER_MINUTE="3")
    caller = Caller(running.url)
    with WebSocket(url_of(caller)) as socket:
        for _ in range(5):
            socket.send({"type": "cancel"})
        assert socket.receive()["data"]["code"] == "request_limit"


def test_a_plain_request_for_a_socket_is_told_so(caller: Caller) -> None:
    assert caller.get(caller.at("/socket"), status=426)["code"] == "upgrade_required"


@pytest.mark.slow
def test_a_connection_outlives_the_object_that_sleeps(start: Start) -> None:
    running = start(project())
    caller = Caller(running.url)
    with WebSocket(url_of(caller)) as socket:
        socket.send({"type": "message", "content": "first"})
        socket.until("done")
        quiet = iter(range(1200))
        wait_until(lambda: next(quiet) > 1100, "it has been quiet", seconds=30)  # ten seconds are enough to sleep
        socket.send({"type": "ping"})
        assert socket.receive() == {"type": "pong"}
        socket.send({"type": "message", "content": "history"})
        assert text_of(socket.until("done")) == "I was shown 3 messages"
