"""Several processes of one agent over one store: each knows the turns of the others."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.runtime.client import Caller, close_all, names, until
from tests.runtime.projects import Config, Project, project
from tests.runtime.targets import RUNTIME, Running, bundled, node_command

POSTGRES = {"database": {"type": "postgres", "url": "$DATABASE"}}
REDIS = {"database": {"type": "sqlite", "path": "$FILE"}, "cache": {"type": "redis", "url": "$REDIS"}}
ENTRIES = {
    "resident": RUNTIME / "src" / "entries" / "nodejs.ts",
    "one request": RUNTIME / "test" / "entries" / "one-request.ts",
}


@dataclass
class Processes:
    """Starts processes of one agent."""

    folder: Path
    environment: dict[str, str]
    running: list[Running]

    def start(self, one: Project, entry: str = "resident", times: int = 1) -> list[Caller]:
        folder = self.folder / entry
        bundled(one, folder, ENTRIES[entry], target="nodejs", store="memory")
        started = [Running(node_command(folder), folder, self.environment) for _ in range(times)]
        self.running += started
        callers = [Caller(process.url) for process in started]
        for caller in callers:
            caller.session = callers[0].session
        return callers


@pytest.fixture
def processes(model_url: str, tmp_path: Path) -> Iterator[Processes]:
    environment = {
        "MODEL_URL": model_url,
        "MODEL_KEY": "key",
        "DATABASE": os.environ["DATABASE_URL"],
        "REDIS": os.environ["REDIS_URL"],
        "FILE": str(tmp_path / "sessions.sqlite"),
    }
    started = Processes(tmp_path, environment, [])
    yield started
    close_all()
    for process in started.running:
        process.stop()


@pytest.fixture(params=[POSTGRES, REDIS], ids=["postgres", "redis"])
def storage(request: pytest.FixtureRequest) -> Config:
    return dict(request.param)


def test_what_one_process_was_told_another_knows(processes: Processes, storage: Config) -> None:
    one, other = processes.start(project(storage=storage), times=2)
    one.say("hello")
    assert other.say("history")["response"] == "I was shown 3 messages"


def test_a_turn_is_heard_cancelled_and_waited_for_from_elsewhere(processes: Processes, storage: Config) -> None:
    one, other = processes.start(project(storage=storage), times=2)
    with one.stream("slow 1000 20 word") as events:
        until(events, "llm:chunk")
        assert other.get(other.at("/history"))["isBusy"] is True
        assert other.send("/api/message", {"content": "second", "sessionId": other.session}, 202)["accepted"]
        with other.attached() as heard:
            assert next(heard)["name"] == "llm:thinking"
            until(heard, "llm:chunk")
            assert other.send(other.at("/cancel"))["cancelled"] is True
            assert list(heard)[-1]["finishReason"] == "cancelled"
        assert list(events)[-1]["finishReason"] == "cancelled"
    while "You said: second" not in one.texts():
        one.http.get(one.at("/events"))


def test_a_question_is_answered_from_elsewhere(processes: Processes, storage: Config, mcp_url: str) -> None:
    server = {"type": "http", "url": f"{mcp_url}/mcp"}
    one, other = processes.start(project(storage=storage, mcpServers={"tests": server}), times=2)
    with one.stream('tool add {"a": 2, "b": 3}') as events:
        asked = until(events, "approval:request")
        (open_one,) = other.get("/api/approvals", sessionId=other.session)["approvals"]
        assert open_one["approvalId"] == asked["approvalId"]
        other.send(f"/api/approvals/{asked['approvalId']}", {"status": "approved"})
        assert until(events, "llm:response")["content"] == "The tool said: 5"
    assert other.get("/api/approvals", sessionId=other.session)["approvals"] == []


def test_limits_hold_over_all_processes(processes: Processes) -> None:
    processes.environment |= {"DEXTO_REQUESTS_PER_MINUTE": "6", "DEXTO_API_KEYS": "one"}
    callers = processes.start(project(storage=REDIS), times=2)
    answers = [
        caller.http.get("/api/greeting", headers={"Authorization": "Bearer one"}).status_code
        for _ in range(8)
        for caller in callers
    ]
    assert answers.count(429) >= 4


def test_a_function_without_a_shared_store_says_what_it_cannot_do(processes: Processes) -> None:
    (caller,) = processes.start(project(), "one request")
    assert names(caller.turn("hello"))[-1] == "run:complete"
    assert caller.say("history")["response"] == "I was shown 3 messages"
    body = {"content": "hello", "sessionId": caller.session}
    for path, answer in (
        ("/api/message", caller.send("/api/message", body, 501)),
        ("/events", caller.get(caller.at("/events"), 501)),
        ("/cancel", caller.send(caller.at("/cancel"), {}, 501)),
        ("/approvals", caller.send(f"/api/approvals/{caller.session}~x", {"status": "approved"}, 501)),
    ):
        assert answer["code"] == "needs_shared_store", path


def test_a_function_without_a_shared_store_asks_nobody(processes: Processes, mcp_url: str) -> None:
    server = {"type": "http", "url": f"{mcp_url}/mcp"}
    (caller,) = processes.start(project(mcpServers={"tests": server}), "one request")
    heard = caller.turn('tool add {"a": 2, "b": 3}')
    assert "approval:request" not in names(heard) and "nobody can give it here" in heard[-2]["content"]


def test_a_function_with_a_shared_store_does_it_all(processes: Processes, storage: Config) -> None:
    one, other = processes.start(project(storage=storage), "one request", times=2)
    with one.stream("slow 1000 20 word") as events:
        until(events, "llm:chunk")
        with other.attached() as heard:
            until(heard, "llm:chunk")
            assert other.send(other.at("/cancel"))["cancelled"] is True
        assert list(events)[-1]["finishReason"] == "cancelled"
