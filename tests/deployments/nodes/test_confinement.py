"""A hostile agent: what it can see, reach and use; and what an honest one still can."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

import pytest

from bench.installation import until
from builds.node_program import node_program
from builds.sandbox import bubblewrap, cgroups
from builds.sandbox.backend import Machine
from builds.sandbox.contract import Limits
from builds.sandbox.egress_process import Egress
from builds.sandbox.process_tree import program_pids
from deployments.nodes import agent_process
from deployments.nodes.agent_limits import AgentLimits
from deployments.nodes.agent_process import AgentSpec, ProcessId
from deployments.nodes.confinement import Confinement
from deployments.nodes.usage import open_sockets
from tests.builds.sandbox.npm_registry import NAME, registry
from tests.builds.sandbox.test_hostile_network import answering

MEGABYTE = 1024 * 1024
#: Does what a request asks for, with the agent's rights.
AGENT = """
import http from "node:http";
import { request } from "node:http";
import { readFileSync, writeFileSync } from "node:fs";
import net from "node:net";
import tls from "node:tls";
const does = {
  fetch: (url) => fetch(url).then(async (answer) => `${answer.status} ${await answer.text()}`),
  request: (url) => new Promise((say, fail) => request(url, (answer) => {
    let text = `${answer.statusCode} `;
    answer.on("data", (chunk) => (text += chunk)).on("end", () => say(text));
  }).on("error", fail).end()),
  connect: (host, port) => new Promise((say, fail) =>
    net.connect(Number(port), host).on("connect", () => say("reached")).on("error", fail)),
  say: (host, port, words) => new Promise((say, fail) => {
    let heard = "";
    const socket = new net.Socket().on("data", (chunk) => (heard += chunk)).on("error", fail);
    socket.on("close", () => say(heard || "closed")).connect(Number(port), host).write(words);
  }),
  secure: (host, port) => new Promise((say, fail) => tls
    .connect({ host, port: Number(port), rejectUnauthorized: false }, function () {
      say(this.getPeerCertificate().subject.CN);
    }).on("error", fail)),
  unix: (path) => new Promise((say, fail) => net.connect(path).on("connect", () => say("reached")).on("error", fail)),
  read: (path) => readFileSync(path, "utf8"),
  write: (path) => (writeFileSync(path, "mine"), "written"),
  environment: () => JSON.stringify(process.env),
  fill: () => { globalThis.held = []; setInterval(() => held.push(Buffer.alloc(8_000_000, 1)), 5); return "filling"; },
};
const server = http.createServer(async (asked, answer) => {
  if (asked.url === "/health") return answer.end("ok");
  if (asked.url === "/wait") return answer.write("waiting");
  let body = "";
  for await (const chunk of asked) body += chunk;
  const [name, ...words] = JSON.parse(body);
  answer.end(await Promise.resolve().then(() => does[name](...words)).then(String, (e) => `refused ${e.cause ?? e}`));
});
server.listen(process.env.DEXTO_SOCKET);
process.on("SIGTERM", () => { console.log("draining"); server.close(() => process.exit(0)); });
"""


@pytest.fixture
def place(base: Path) -> Iterator[Path]:
    with TemporaryDirectory(prefix="agent-", dir=base, ignore_cleanup_errors=True) as made:
        Path(made).chmod(0o755)
        for name in ("bundle", "state", "socket"):
            (Path(made) / name).mkdir()
        (Path(made) / "bundle" / "index.mjs").write_text(AGENT)
        yield Path(made)


@pytest.fixture
def model() -> Iterator[int]:
    """What the operator allows although it is on this machine: a model's server, say."""
    with answering(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwords", "0.0.0.0") as port:  # noqa: S104
        yield port


@pytest.fixture
def confinement(base: Path, place: Path, model: int) -> Iterator[Confinement]:
    groups = cgroups.find()
    found = bubblewrap.find(Machine(base / "sandbox", groups))
    assert found.keeper is not None, f"{found.reason} {found.next_step}"
    egress = Egress(place / "egress" / "proxy.sock", [f"127.0.0.3:{model}", f"localhost:{model}"])
    limits = Limits(memory_bytes=256 * MEGABYTE, processes=64, niceness=0, cpu_seconds=None, seconds=None)
    yield Confinement(found.keeper, True, limits, egress, node_program(), groups)
    egress.stop()


def spec(place: Path) -> AgentSpec:
    address = place / "socket" / "agent.sock"
    argv = (str(node_program()), "--enable-source-maps", str(place / "bundle" / "index.mjs"))
    environment = {"DEXTO_SOCKET": str(address), "HOME": str(place / "state"), "KEY": "canary"}
    reads = (node_program(), place / "bundle")
    return AgentSpec(argv, place / "bundle", place / "state", address, place / "log", environment, reads)


@pytest.fixture
def agent(place: Path, confinement: Confinement) -> Iterator[ProcessId]:
    wanted = spec(place)
    process = agent_process.start(wanted, confinement.launch(wanted), confinement.group(place.name))
    try:
        agent_process.wait_until_healthy(process, wanted, seconds=30, check=lambda: None)
        until(lambda: confinement.egress.socket.exists(), "the way out")
        yield process
    finally:
        agent_process.stop(process, seconds=1)
        group = confinement.known_group(place.name)
        if group is not None:
            group.remove()


@pytest.fixture
def ask(agent: ProcessId, place: Path) -> Callable[..., str]:
    def asked(*words: str) -> str:
        connection = _connection(place)
        try:
            connection.request("POST", "/", json.dumps(words), {"Host": "agent"})
            return connection.getresponse().read().decode()
        finally:
            connection.close()

    return asked


def _connection(place: Path) -> http.client.HTTPConnection:
    connection = http.client.HTTPConnection("agent", timeout=30)
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.settimeout(30)
    connection.sock.connect(str(place / "socket" / "agent.sock"))
    return connection


Ask = Callable[..., str]


@pytest.mark.parametrize("engine", ["REDIS_URL", "S3_ENDPOINT_URL"])
def test_an_agent_reaches_no_engine(ask: Ask, engine: str) -> None:
    url = urlsplit(os.environ[engine])
    socket.create_connection((str(url.hostname), int(url.port or 0)), timeout=5).close()  # the control
    assert ask("connect", "127.0.0.1", str(url.port)).startswith("refused")
    assert ask("request", f"http://127.0.0.2:{url.port}/").startswith("403")
    assert ask("fetch", f"http://127.0.0.2:{url.port}/").startswith("refused")


def test_an_agent_reaches_no_database(ask: Ask) -> None:
    path = os.environ["DATABASE_URL"].partition("host=")[2] + "/.s.PGSQL.5432"
    assert "ENOENT" in ask("unix", path)


@pytest.mark.parametrize("host", ["169.254.169.254", "10.0.0.1", "192.168.0.1", "100.100.100.200", "[fd00:ec2::254]"])
def test_an_agent_reaches_no_private_address(ask: Ask, host: str) -> None:
    assert ask("fetch", f"http://{host}/latest/meta-data/").startswith("refused")
    answer = ask("request", f"http://{host}/latest/meta-data/")
    assert answer.startswith("403")
    assert "not public" in answer


def test_a_refusal_is_said_in_the_agents_log(ask: Ask, place: Path) -> None:
    ask("fetch", "https://10.0.0.1/")
    until(lambda: "Refused: 10.0.0.1 is, or leads to, an address" in (place / "log").read_text(), "the words")


def test_an_agent_reads_nothing_of_the_platform(ask: Ask, base: Path) -> None:
    assert "ENOENT" in ask("read", str(base / "secrets.json"))
    assert "ENOENT" in ask("read", "/etc/shadow")
    seen = json.loads(ask("environment"))
    assert seen["KEY"] == "canary"
    assert "DATABASE_URL" not in seen


def test_a_secret_of_an_agent_is_in_no_command_line(agent: ProcessId) -> None:
    commands = subprocess.run(["ps", "axww", "-o", "args"], capture_output=True, text=True, check=True).stdout
    assert "index.mjs" in commands
    assert "canary" not in commands


def test_an_agent_writes_its_state_and_nothing_else(ask: Ask, place: Path) -> None:
    assert ask("write", str(place / "state" / "kept")) == "written"
    assert (place / "state" / "kept").read_text() == "mine"
    assert ask("write", str(place / "bundle" / "index.mjs")).startswith("refused")
    assert ask("write", str(place / "egress" / "proxy.sock")).startswith("refused")


@pytest.mark.parametrize("how", ["fetch", "request"])
@pytest.mark.parametrize("host", ["127.0.0.3", "127.0.0.1", "localhost"])
def test_an_agent_reaches_what_the_operator_allows(ask: Ask, model: int, how: str, host: str) -> None:
    assert ask(how, f"http://{host}:{model}/") == "200 words"


def test_a_driver_that_speaks_no_http_reaches_what_is_allowed_and_nothing_else(
    ask: Ask, model: int, place: Path
) -> None:
    assert ask("say", "127.0.0.3", str(model), "hello") == "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwords"
    assert ask("say", "10.0.0.1", "5432", "hello").startswith(("closed", "refused"))
    assert ask("say", "169.254.169.254", "80", "GET / HTTP/1.0\r\n\r\n").startswith(("closed", "refused"))
    for host in ("10.0.0.1", "169.254.169.254"):
        until(lambda host=host: f"Refused: {host} is, or leads to" in (place / "log").read_text(), "the words")


def test_a_driver_may_speak_tls(confinement: Confinement, place: Path, tmp_path: Path) -> None:
    with registry(tmp_path, "127.0.0.3") as server:
        kept_in = replace(confinement, egress=Egress(place / "other" / "proxy.sock", [f"127.0.0.3:{server.port}"]))
        wanted = spec(place)
        process = agent_process.start(wanted, kept_in.launch(wanted), kept_in.group(place.name))
        try:
            agent_process.wait_until_healthy(process, wanted, seconds=30, check=lambda: None)
            until(kept_in.egress.socket.exists, "the way out")
            with closing(_connection(place)) as connection:
                connection.request("POST", "/", json.dumps(["secure", "127.0.0.3", server.port]), {"Host": "agent"})
                assert connection.getresponse().read().decode() == NAME
        finally:
            agent_process.stop(process, seconds=1)
            kept_in.egress.stop()


def test_a_port_beside_the_allowed_one_is_refused(ask: Ask, model: int) -> None:
    with answering(b"HTTP/1.1 200 OK\r\n\r\n", "0.0.0.0") as other:  # noqa: S104
        assert other != model
        assert ask("request", f"http://127.0.0.3:{other}/").startswith("403")
        assert ask("fetch", f"http://127.0.0.1:{other}/").startswith("refused")


def test_an_agent_goes_on_when_the_way_out_is_replaced(ask: Ask, confinement: Confinement, model: int) -> None:
    before = confinement.egress.socket.stat().st_ino
    newer = Egress(confinement.egress.socket, confinement.egress.also)
    newer.ensure()
    try:
        until(lambda: confinement.egress.socket.stat().st_ino != before, "the newer one")
        assert ask("fetch", f"http://127.0.0.3:{model}/") == "200 words"
        older = confinement.egress._process
        assert older is not None
        assert older.wait(20) == 0
    finally:
        newer.stop()


def test_a_stream_that_is_open_counts_as_use(agent: ProcessId, place: Path) -> None:
    path = str(place / "socket" / "agent.sock")
    connection = _connection(place)
    connection.request("GET", "/wait", headers={"Host": "agent"})
    inside = program_pids(agent.pid)
    until(lambda: path in open_sockets(inside), "the stream")
    connection.close()
    until(lambda: path not in open_sockets(inside), "the end of the stream")


def test_an_agent_drains(agent: ProcessId, place: Path) -> None:
    agent_process.stop(agent, seconds=20)
    assert not agent.alive
    assert "draining" in (place / "log").read_text()


@pytest.mark.parametrize("counted", ["as here", "watched"])
def test_an_agent_that_takes_too_much_memory_is_ended_and_it_is_said(
    confinement: Confinement, place: Path, counted: str
) -> None:
    kept_in = confinement if counted == "as here" else replace(confinement, groups=None)
    wanted = spec(place)
    group = kept_in.group(place.name)
    process = agent_process.start(wanted, kept_in.launch(wanted), group)
    try:
        agent_process.wait_until_healthy(process, wanted, seconds=30, check=lambda: None)
        limits = AgentLimits(kept_in.limits, kept_in.guards)
        limits.follow(1, process, wanted.state, group)
        limits.look()
        assert process.alive
        with closing(_connection(place)) as connection:
            connection.request("POST", "/", json.dumps(["fill"]), {"Host": "agent"})
        until(lambda: limits.look() or not process.alive, "its end")
        reason = limits.reason(1)
        assert reason is not None
        assert reason.code == "limit_memory"
        assert limits.reason(1) is None or group is not None
    finally:
        agent_process.stop(process, seconds=0)
        limits.leave(1)
