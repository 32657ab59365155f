"""The nodejs entry as a process: a socket, draining, its start."""

from __future__ import annotations

import signal
from functools import partial
from pathlib import Path
from threading import Thread

import httpx
import pytest

from deployments.nodes.token_reports import Tokens, tokens_of
from tests.runtime.client import Caller, until
from tests.runtime.projects import project
from tests.runtime.targets import RUNTIME, Running, bundled, node_command, nodejs, wait_until


@pytest.fixture
def agent(model_url: str, tmp_path: Path) -> Running:
    return nodejs(project(), tmp_path / "agent", {"MODEL_URL": model_url, "MODEL_KEY": "key"})


def test_a_turn_in_flight_is_finished_before_the_process_ends(agent: Running) -> None:
    caller = Caller(agent.url)
    with caller.stream("slow 20 30 word") as events:
        until(events, "llm:chunk")
        ending = Thread(target=agent.stop)
        ending.start()
        assert list(events)[-1]["finishReason"] == "stop"
    ending.join()
    assert agent.process.returncode == 0
    with pytest.raises(httpx.TransportError):
        httpx.get(f"{agent.url}/health")
    caller.http.close()


def test_a_turn_that_nobody_listens_to_is_finished_too(agent: Running) -> None:
    caller = Caller(agent.url)
    caller.send("/api/message", {"content": "slow 10 30 word", "sessionId": "a"}, 202)
    assert agent.stop() == 0
    assert '"level":"error"' not in agent.log
    caller.http.close()


def test_what_an_answer_cost_is_a_line_that_the_platform_reads(agent: Running) -> None:
    caller = Caller(agent.url)
    said = caller.say("hello")["tokenUsage"]
    caller.http.close()
    agent.stop()
    told = [found for line in agent.log.splitlines() if (found := tokens_of(line.encode()))]
    assert told == [Tokens(said["inputTokens"], said["outputTokens"])]
    assert told[0].input > 0 and told[0].output > 0


def test_it_listens_on_a_socket_that_an_earlier_process_left(model_url: str, tmp_path: Path) -> None:
    socket = tmp_path / "agent.sock"
    environment = {"MODEL_URL": model_url, "MODEL_KEY": "key", "DEXTO_SOCKET": str(socket)}
    folder = tmp_path / "agent"
    bundled(project(), folder, RUNTIME / "src" / "entries" / "nodejs.ts", target="nodejs", store="memory")
    for count, sign in enumerate((signal.SIGKILL, signal.SIGTERM), start=1):
        process = OnSocket(node_command(folder), folder, environment)
        wait_until(partial(_ready, process, count), "it is not ready")
        with httpx.Client(transport=httpx.HTTPTransport(uds=str(socket)), base_url="http://agent") as client:
            assert client.get("/health").text == "OK"
        process.stop(sign)


def _ready(process: Running, times: int) -> bool:
    return process.log.count("The agent is ready.") == times


@pytest.mark.parametrize(
    ("environment", "code", "named"),
    [
        ({}, "variable_missing", "AGENT_DATABASE"),
        ({"AGENT_DATABASE": "postgres://nobody@127.0.0.1:9/none"}, "storage_unavailable", "database"),
        ({"AGENT_DATABASE": "x", "DEXTO_TOKENS_PER_DAY": "many"}, "variable_invalid", "DEXTO_TOKENS_PER_DAY"),
    ],
)
def test_an_agent_that_cannot_start_says_why(
    tmp_path: Path, environment: dict[str, str], code: str, named: str
) -> None:
    kind = "postgres" if code != "variable_invalid" else "in-memory"
    one = project(storage={"database": {"type": kind, "url": "$AGENT_DATABASE"}})
    bundled(one, tmp_path, RUNTIME / "src" / "entries" / "nodejs.ts", target="nodejs", store="memory")
    process = OnSocket(node_command(tmp_path), tmp_path, {"DEXTO_SOCKET": str(tmp_path / "socket"), **environment})
    assert process.process.wait(timeout=30) == 1
    assert f'"code":"{code}"' in process.log
    assert named in process.log
    assert "    at " not in process.log


class OnSocket(Running):
    """Answers on its socket, so that there is no port to wait for."""

    def start(self) -> None:
        self.launch({})
