"""What the contract suite runs: the targets, our own model server, an MCP server."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from builds.node_program import node_program
from tests.runtime.built import TARGETS
from tests.runtime.client import Caller, close_all
from tests.runtime.projects import Project, project
from tests.runtime.targets import RUNTIME, Running

Start = Callable[..., Running]
#: These start a process for a request, and differ from nodejs in how a request comes in: what a conversation is proves
#: that in `make test`, the rest of the suite on them in `make test-full`.
_SLOW_TARGETS = frozenset({"lambda", "vercel"})
_QUICK_MODULES = frozenset({"test_conversation", "test_without_shared_store"})


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        parameters = getattr(getattr(item, "callspec", None), "params", {})
        if parameters.get("target") in _SLOW_TARGETS and item.path.stem not in _QUICK_MODULES:
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def model_url() -> Iterator[str]:
    with Server(RUNTIME / "model-server" / "server.mjs") as port:
        yield f"http://127.0.0.1:{port}/v1"


@pytest.fixture(scope="session")
def mcp_url() -> Iterator[str]:
    with Server(Path(__file__).parent / "mcp_server.mjs") as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="session", params=TARGETS)
def target(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def start(target: str, model_url: str, tmp_path: Path) -> Iterator[Start]:
    """Builds a project and runs it; further arguments are variables of its environment."""
    with Starter(target, model_url, tmp_path) as starter:
        yield starter


@pytest.fixture(scope="session")
def _plain(target: str, model_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with Starter(target, model_url, tmp_path_factory.mktemp("plain")) as starter:
        yield starter(project())


@pytest.fixture
def caller(_plain: Running) -> Iterator[Caller]:
    """Of an agent with nothing special, in a session of its own."""
    yield Caller(_plain.url)
    close_all()


@dataclass
class Starter:
    """Builds projects for one target and runs them, until it is left."""

    target: str
    model_url: str
    folder: Path
    running: list[Running] = field(default_factory=list)

    def __call__(self, one: Project, **environment: str) -> Running:
        folder = self.folder / str(len(self.running))
        variables = {"MODEL_URL": self.model_url, "MODEL_KEY": "model-key-of-tests", **environment}
        self.running.append(TARGETS[self.target](one, folder, variables))
        return self.running[-1]

    def __enter__(self) -> Starter:
        return self

    def __exit__(self, *_: object) -> None:
        close_all()
        for one in self.running:
            one.stop()


class Server:
    def __init__(self, script: Path) -> None:
        self.script = script

    def __enter__(self) -> int:
        self.process = subprocess.Popen([node_program(), self.script], stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        return int(self.process.stdout.readline())

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()
