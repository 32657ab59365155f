"""Bundles of the small runtime, one per target, made once and really running."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import pytest

from core.targets import Target
from deployments.nodes import agent_process
from deployments.nodes.agent_process import AgentSpec, ProcessId
from deployments.runners.contract import Listen
from deployments.runners.foreground import launch_of
from tests.builds.bundlers.packs import pack, project


@dataclass(frozen=True)
class RunningAgent:
    """One bundle that answers. `log` is what it wrote."""

    client: httpx.Client
    process: ProcessId
    log: Path
    state: Path


Running = Callable[..., AbstractContextManager[RunningAgent]]


def wait_until(condition: Callable[[], bool], *, seconds: float = 10) -> None:
    """Fails when the condition does not come true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture(scope="session")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> Mapping[Target, Path]:
    folder = tmp_path_factory.mktemp("bundles")
    source = project(folder / "project")
    for target in Target:
        pack(source, target, folder / target.value)
    return {target: folder / target.value for target in Target}


@pytest.fixture
def running(bundles: Mapping[Target, Path], tmp_path: Path) -> Iterator[Running]:
    @contextmanager
    def run(target: Target, variables: Mapping[str, str] | None = None) -> Iterator[RunningAgent]:
        state = tmp_path / "state"
        # The path of a unix socket has about a hundred characters, and pytest's folders may have more.
        with TemporaryDirectory() as short:
            socket = Path(short) / "agent.sock"
            launch = launch_of(bundles[target], Listen(socket=socket), variables or {}, state)
            spec = AgentSpec(launch.argv, launch.folder, socket, tmp_path / "log", launch.environment)
            process = agent_process.start(spec)
            try:
                agent_process.wait_until_healthy(process, spec, seconds=20, check=lambda: None)
                with httpx.Client(
                    transport=httpx.HTTPTransport(uds=str(socket)), base_url="http://agent.test"
                ) as client:
                    yield RunningAgent(client, process, spec.log, state)
            finally:
                agent_process.stop(process, seconds=10)

    yield run
