"""Each target's agent in the sandbox: it answers, and reaches what it may and nothing else."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import pytest

from bench.installation import until
from builds.node_program import node_program
from builds.sandbox import bubblewrap, cgroups
from builds.sandbox.backend import Machine
from builds.sandbox.contract import Limits
from builds.sandbox.egress_process import Egress
from core.targets import Target
from deployments.nodes import agent_process
from deployments.nodes.agent_process import AgentSpec
from deployments.nodes.confinement import Confinement
from deployments.runners.contract import Listen
from deployments.runners.foreground import launch_of
from tests.web_server import Reply, web_server

ALL = pytest.mark.parametrize("target", list(Target))
MEGABYTE = 1024 * 1024


@pytest.fixture
def place() -> Iterator[Path]:
    """Where a user of its own can get to; short, because of the socket."""
    with TemporaryDirectory(prefix="dx-", ignore_cleanup_errors=True) as made:
        Path(made).chmod(0o755)
        yield Path(made)


@contextmanager
def confined(place: Path, bundle: Path, variables: Mapping[str, str], allowed: list[str]) -> Iterator[httpx.Client]:
    data = Path(os.environ["DEXTO_DATA_DIR"])
    groups = cgroups.find()
    found = bubblewrap.find(Machine(data / "sandbox", groups))
    assert found.keeper is not None, f"{found.reason} {found.next_step}"
    egress = Egress(place / "egress" / "proxy.sock", allowed)
    limits = Limits(memory_bytes=512 * MEGABYTE, niceness=0, cpu_seconds=None, seconds=None)
    kept_in = Confinement(found.keeper, True, limits, egress, node_program(), groups, data)
    address, state = place / "socket" / "agent.sock", place / "state"
    address.parent.mkdir()
    launch = launch_of(bundle, Listen(socket=address), variables, state, egress.socket)
    spec = AgentSpec(
        launch.argv, launch.folder, state, address, place / "log", launch.environment, launch.reads, launch.needs_relay
    )
    process = agent_process.start(spec, kept_in.launch(spec), group := kept_in.group(place.name))
    try:
        agent_process.wait_until_healthy(process, spec, seconds=60, check=lambda: None)
        until(egress.socket.exists, "the way out")
        with httpx.Client(transport=httpx.HTTPTransport(uds=str(address)), base_url="http://agent.test") as client:
            yield client
    finally:
        agent_process.stop(process, seconds=5)
        egress.stop()
        if group is not None:
            group.remove()


@ALL
def test_it_answers_and_reaches_what_it_may(target: Target, bundles: Mapping[Target, Path], place: Path) -> None:
    with web_server({"/v1": Reply(200, b"hello")}) as model:
        host = model.url.removeprefix("http://")
        with confined(place, bundles[target], {"MODEL_URL": f"{model.url}/v1"}, [host]) as client:
            assert client.get("/").json()["target"] == target.value
            assert client.get("/model", timeout=30).text == "hello", (place / "log").read_text()


@ALL
def test_it_reaches_nothing_else_of_this_machine(target: Target, bundles: Mapping[Target, Path], place: Path) -> None:
    with web_server({"/v1": Reply(200, b"hello")}) as other:
        variables = {"MODEL_URL": f"{other.url}/v1"}
        # A refused fetch ends a program that does not expect it.
        with confined(place, bundles[target], variables, []) as client, suppress(httpx.HTTPError):
            assert "hello" not in client.get("/model", timeout=30).text
        assert not other.seen
