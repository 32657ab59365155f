"""Bundles of the small runtime, one per target, made once and really running."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import pytest

from core.targets import Target
from deployments.runners.contract import Listen
from deployments.runners.foreground import launch_of
from tests.builds.bundlers.packs import pack, project


@dataclass(frozen=True)
class RunningAgent:
    """One bundle that answers. `log` is what it wrote."""

    client: httpx.Client
    process: subprocess.Popen[bytes]
    log: Path
    state: Path


Running = Callable[..., AbstractContextManager[RunningAgent]]


def wait_until(condition: Callable[[], bool], *, seconds: float = 20) -> None:
    """Fails when the condition does not come true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _accepts(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as one:
        return one.connect_ex(str(path)) == 0


@contextmanager
def serving(bundle: Path, state: Path, variables: Mapping[str, str]) -> Iterator[RunningAgent]:
    """A bundle that runs for this block, at a unix socket."""
    log = state.with_suffix(".log")
    # The path of a unix socket has about a hundred characters, and pytest's folders may have more.
    with TemporaryDirectory() as short:
        place = Path(short) / "agent.sock"
        launch = launch_of(bundle, Listen(socket=place), variables, state)
        with log.open("ab") as opened:
            process = subprocess.Popen(
                launch.argv, cwd=launch.folder, env=dict(launch.environment), stdout=opened, stderr=opened
            )
        try:
            with httpx.Client(transport=httpx.HTTPTransport(uds=str(place)), base_url="http://agent.test") as client:
                wait_until(lambda: _accepts(place))
                wait_until(lambda: client.get("/health").status_code == 200)
                yield RunningAgent(client, process, log, state)
        finally:
            process.terminate()
            process.wait(timeout=20)


@pytest.fixture(scope="session")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> Mapping[Target, Path]:
    folder = tmp_path_factory.mktemp("bundles")
    source = project(folder / "project")
    for target in Target:
        pack(source, target, folder / target.value)
    return {target: folder / target.value for target in Target}


@pytest.fixture
def running(bundles: Mapping[Target, Path], tmp_path: Path) -> Running:
    def run(target: Target, variables: Mapping[str, str] | None = None) -> AbstractContextManager[RunningAgent]:
        return serving(bundles[target], tmp_path / "state", variables or {})

    return run
