"""An agent's process: started with nothing of ours, healthy before it counts, ended with all that it started."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from builds.sandbox import bare, bubblewrap
from builds.sandbox.backend import Keeper, Machine
from builds.sandbox.contract import Limits, Specification
from builds.sandbox.process_tree import program_pids
from core.errors import CancelledError, ProjectError
from deployments.nodes import agent_process
from deployments.nodes.agent_process import AgentSpec, ProcessId
from tests.builds.sandbox.conftest import INTERPRETER, PYTHON

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


@pytest.fixture(params=["limits alone", "sandbox"])
def keeper(request: pytest.FixtureRequest, base: Path) -> Keeper:
    finders = {"limits alone": bare.find, "sandbox": bubblewrap.find}
    found = finders[request.param](Machine(base / "sandbox"))
    assert found.keeper is not None, f"{found.reason} {found.next_step}"
    return found.keeper


def spec(folder: Path, text: str = SERVER, **environment: str) -> AgentSpec:
    for name in ("agents", "state", "bundle"):
        (folder / name).mkdir(exist_ok=True)
    socket = folder / "agents" / "a.sock"
    return AgentSpec(
        argv=(str(PYTHON), "-c", text),
        folder=folder / "bundle",
        state=folder / "state",
        socket=socket,
        log=folder / "logs" / "a.log",
        environment={"DEXTO_SOCKET": str(socket), **environment},
    )


Start = Callable[[AgentSpec], ProcessId]


@pytest.fixture
def start(keeper: Keeper) -> Iterator[Start]:
    """Ends what a test leaves running."""
    started: list[ProcessId] = []

    def begin(wanted: AgentSpec) -> ProcessId:
        specification = Specification(
            wanted.argv,
            wanted.state,
            Limits(cpu_seconds=None, seconds=None),
            writable=(wanted.socket.parent,),
            readable=(wanted.folder, *INTERPRETER),
            environment=wanted.environment,
            starts_in=wanted.folder,
            keeps_user=True,
        )
        started.append(agent_process.start(wanted, keeper.stay(specification)))
        return started[-1]

    yield begin
    for process in started:
        agent_process.stop(process, seconds=0)


def test_it_counts_once_it_answers_health(tmp_path: Path, start: Start) -> None:
    wanted = spec(tmp_path)
    process = start(wanted)
    agent_process.wait_until_healthy(process, wanted, seconds=20, check=nothing)
    assert agent_process.healthy(wanted.socket)
    assert process.alive


def test_it_sees_nothing_of_the_platform_s_environment(
    tmp_path: Path, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEXTO_ENCRYPTION_KEYS", "secret")
    wanted = spec(tmp_path, MINE="1")
    agent_process.wait_until_healthy(start(wanted), wanted, seconds=20, check=nothing)
    seen = wanted.log.read_text()
    assert "MINE" in seen
    assert "DEXTO_ENCRYPTION_KEYS" not in seen
    assert "DATABASE_URL" not in seen


def test_what_ends_at_once_is_said_at_once(tmp_path: Path, start: Start) -> None:
    wanted = spec(tmp_path, "import sys; sys.exit('no key')")
    process = start(wanted)
    began = time.monotonic()
    with pytest.raises(ProjectError) as caught:
        agent_process.wait_until_healthy(process, wanted, seconds=60, check=nothing)
    assert caught.value.code == "agent_exited"
    assert time.monotonic() - began < 20
    assert "no key" in wanted.log.read_text()
    assert not process.alive


def test_what_does_not_answer_200_is_unhealthy_and_gone(tmp_path: Path, start: Start) -> None:
    wanted = spec(tmp_path, STATUS="503")
    process = start(wanted)
    with pytest.raises(ProjectError) as caught:
        agent_process.wait_until_healthy(process, wanted, seconds=1, check=nothing)
    assert caught.value.code == "agent_unhealthy"
    agent_process.stop(process, seconds=5)
    assert not process.alive


def test_the_wait_can_be_stopped(tmp_path: Path, start: Start) -> None:
    wanted = spec(tmp_path, STATUS="503")

    def check() -> None:
        raise CancelledError("cancelled", "Stopped.", "")

    with pytest.raises(CancelledError):
        agent_process.wait_until_healthy(start(wanted), wanted, seconds=60, check=check)


def test_it_may_finish_what_it_does(tmp_path: Path, start: Start) -> None:
    wanted = spec(tmp_path)
    process = start(wanted)
    agent_process.wait_until_healthy(process, wanted, seconds=20, check=nothing)
    agent_process.stop(process, seconds=20)
    assert not process.alive
    assert "drained" in wanted.log.read_text()


def test_what_does_not_end_is_ended(tmp_path: Path, start: Start) -> None:
    wanted = spec(tmp_path, DEAF="1")
    process = start(wanted)
    agent_process.wait_until_healthy(process, wanted, seconds=20, check=nothing)
    agent_process.stop(process, seconds=0.2)
    assert not process.alive


def test_a_pid_that_is_another_process_s_by_now_is_left_alone(tmp_path: Path, start: Start) -> None:
    process = start(spec(tmp_path))
    impostor = ProcessId(process.pid, "12345")
    assert not impostor.alive
    agent_process.stop(impostor, seconds=0.1)
    assert process.alive


def test_a_socket_of_before_is_no_obstacle(tmp_path: Path, start: Start) -> None:
    wanted = spec(tmp_path)
    wanted.socket.write_text("left over")
    agent_process.wait_until_healthy(start(wanted), wanted, seconds=20, check=nothing)


def test_it_outlives_the_thread_that_started_it(tmp_path: Path, start: Start) -> None:
    """A parent's death is a thread's death for the kernel, and a node starts agents from many."""
    wanted = spec(tmp_path)
    with ThreadPoolExecutor(1) as pool:
        process = pool.submit(start, wanted).result()
    agent_process.wait_until_healthy(process, wanted, seconds=20, check=nothing)
    time.sleep(0.1)  # the signal, if there were one, would have come with the thread's end
    assert process.alive


def test_what_it_started_ends_with_it(tmp_path: Path, start: Start) -> None:
    child = "import os; os.setsid(); os.execv('/bin/sleep', ['sleep', '4545.4545'])"
    wanted = spec(tmp_path, f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {child!r}])\n{SERVER}")
    process = start(wanted)
    agent_process.wait_until_healthy(process, wanted, seconds=20, check=nothing)
    assert program_pids(process.pid)
    agent_process.stop(process, seconds=20)
    assert not [one for one in psutil.process_iter(["cmdline"]) if "4545.4545" in (one.info["cmdline"] or ())]
