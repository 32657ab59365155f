"""An agent's process: started with nothing of ours, healthy before it counts, ended with all that it started."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.errors import CancelledError, ProjectError
from deployments.nodes import agent_process
from deployments.nodes.agent_process import AgentSpec, ProcessId

SERVER = """
import http.server, os, signal, socketserver, sys, threading

class Server(socketserver.ThreadingUnixStreamServer):
    def get_request(self):
        request, _ = super().get_request()
        return request, ("agent", 0)

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(int(os.environ.get("STATUS", "200")))
        self.send_header("Content-Length", "0")
        self.end_headers()
    def log_message(self, *_):
        pass

def end(*_):
    print("drained", flush=True)
    sys.exit(0)

signal.signal(signal.SIGTERM, signal.SIG_IGN if os.environ.get("DEAF") else end)
server = Server(os.environ["DEXTO_SOCKET"], Handler)
print("up", sorted(os.environ), flush=True)
server.serve_forever()
"""


def nothing() -> None:
    """Go on."""


@pytest.fixture
def started(tmp_path: Path) -> Iterator[list[ProcessId]]:
    """Ends what a test leaves running."""
    processes: list[ProcessId] = []
    yield processes
    for process in processes:
        process.signal(signal.SIGKILL)


def spec(folder: Path, text: str = SERVER, **environment: str) -> AgentSpec:
    socket = folder / "agents" / "a.sock"
    return AgentSpec(
        argv=(sys.executable, "-c", text),
        folder=folder,
        socket=socket,
        log=folder / "logs" / "a.log",
        environment={"DEXTO_SOCKET": str(socket), **environment},
    )


def start(wanted: AgentSpec, started: list[ProcessId]) -> ProcessId:
    process = agent_process.start(wanted)
    started.append(process)
    return process


def test_it_counts_once_it_answers_health(tmp_path: Path, started: list[ProcessId]) -> None:
    wanted = spec(tmp_path)
    process = start(wanted, started)
    agent_process.wait_until_healthy(process, wanted, seconds=20, check=nothing)
    assert agent_process.healthy(wanted.socket)
    assert process.alive


def test_it_sees_nothing_of_the_platform_s_environment(
    tmp_path: Path, started: list[ProcessId], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEXTO_ENCRYPTION_KEYS", "secret")
    wanted = spec(tmp_path, MINE="1")
    agent_process.wait_until_healthy(start(wanted, started), wanted, seconds=20, check=nothing)
    seen = wanted.log.read_text()
    assert "MINE" in seen
    assert "DEXTO_ENCRYPTION_KEYS" not in seen
    assert "DATABASE_URL" not in seen


def test_what_ends_at_once_is_said_at_once(tmp_path: Path, started: list[ProcessId]) -> None:
    wanted = spec(tmp_path, "import sys; sys.exit('no key')")
    process = start(wanted, started)
    began = time.monotonic()
    with pytest.raises(ProjectError) as caught:
        agent_process.wait_until_healthy(process, wanted, seconds=60, check=nothing)
    assert caught.value.code == "agent_exited"
    assert time.monotonic() - began < 20
    assert "no key" in wanted.log.read_text()
    assert not process.alive


def test_what_does_not_answer_200_is_unhealthy_and_gone(tmp_path: Path, started: list[ProcessId]) -> None:
    wanted = spec(tmp_path, STATUS="503")
    process = start(wanted, started)
    with pytest.raises(ProjectError) as caught:
        agent_process.wait_until_healthy(process, wanted, seconds=1, check=nothing)
    assert caught.value.code == "agent_unhealthy"
    agent_process.stop(process, seconds=5)
    assert not process.alive


def test_the_wait_can_be_stopped(tmp_path: Path, started: list[ProcessId]) -> None:
    wanted = spec(tmp_path, STATUS="503")

    def check() -> None:
        raise CancelledError("cancelled", "Stopped.", "")

    with pytest.raises(CancelledError):
        agent_process.wait_until_healthy(start(wanted, started), wanted, seconds=60, check=check)


def test_it_may_finish_what_it_does(tmp_path: Path, started: list[ProcessId]) -> None:
    wanted = spec(tmp_path)
    process = start(wanted, started)
    agent_process.wait_until_healthy(process, wanted, seconds=20, check=nothing)
    agent_process.stop(process, seconds=20)
    assert not process.alive
    assert "drained" in wanted.log.read_text()


def test_what_does_not_end_is_ended(tmp_path: Path, started: list[ProcessId]) -> None:
    wanted = spec(tmp_path, DEAF="1")
    process = start(wanted, started)
    agent_process.wait_until_healthy(process, wanted, seconds=20, check=nothing)
    agent_process.stop(process, seconds=0.2)
    assert not process.alive


def test_a_pid_that_is_another_process_s_by_now_is_left_alone(tmp_path: Path, started: list[ProcessId]) -> None:
    process = start(spec(tmp_path), started)
    impostor = ProcessId(process.pid, "12345")
    assert not impostor.alive
    agent_process.stop(impostor, seconds=0.1)
    assert process.alive


def test_a_socket_of_before_is_no_obstacle(tmp_path: Path, started: list[ProcessId]) -> None:
    wanted = spec(tmp_path)
    wanted.socket.parent.mkdir()
    wanted.socket.write_text("left over")
    agent_process.wait_until_healthy(start(wanted, started), wanted, seconds=20, check=nothing)
