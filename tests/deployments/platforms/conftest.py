"""What the suite deploys: bundles of one agent whose greeting is its version, built once for each target."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Final

import pytest

from builds.bundle import MadeBundle
from builds.packing import Wish, pack
from core.targets import Target
from tests.deployments.platforms.suite import Counterpart, PlatformSuite
from tests.fakes.vendor import STRUCK
from tests.runtime.built import written
from tests.runtime.conftest import Server
from tests.runtime.projects import Project, agent, project
from tests.runtime.targets import RUNTIME

#: What `make test` proves of every platform; the rest of the contract is for `make platforms` and `make test-full`.
_QUICK: Final = frozenset(
    {
        "test_a_released_agent_holds_a_conversation",
        "test_variables_come_back_with_their_version",
        "test_a_revoked_credential_is_the_persons_to_mend",
        "test_somebody_elses_is_neither_taken_nor_deleted",
        "test_a_deleted_service_leaves_nothing",
    }
)
_WHOLE: Final = "test_cloudflare"  # the platform that is recommended


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        cls = getattr(item, "cls", None)
        if not (isinstance(cls, type) and issubclass(cls, PlatformSuite)) or item.path.stem == _WHOLE:
            continue
        name = getattr(item, "originalname", item.name)
        if hasattr(PlatformSuite, name) and name not in _QUICK:
            item.add_marker(pytest.mark.slow)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if STRUCK:
        terminalreporter.section("faults that struck, and were lived through")
    for vendor in sorted({one for one, _kind in STRUCK}):
        kinds = {kind: count for (one, kind), count in sorted(STRUCK.items()) if one == vendor}
        terminalreporter.line(f"{vendor:<12} " + "  ".join(f"{kind}: {count}" for kind, count in kinds.items()))


Built = Callable[[Target, str], MadeBundle]


@pytest.fixture(scope="session")
def model_url() -> Iterator[str]:
    with Server(RUNTIME / "model-server" / "server.mjs") as port:
        yield f"http://127.0.0.1:{port}/v1"


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    @cache
    def build(target: Target, version: str) -> MadeBundle:
        folder = tmp_path_factory.mktemp(f"{target.value}-{version}")
        return pack(Wish(written(_PROJECTS[version], folder / "project"), target, folder / "bundle")).made

    return build


@pytest.fixture
def bundle_one(built: Built, counterpart: Counterpart) -> MadeBundle:
    return built(counterpart.target, "one")


@pytest.fixture
def bundle_two(built: Built, counterpart: Counterpart) -> MadeBundle:
    return built(counterpart.target, "two")


@pytest.fixture
def bundle_broken(built: Built, counterpart: Counterpart) -> MadeBundle:
    """It ends as soon as it is loaded."""
    return built(counterpart.target, "broken")


_BROKEN = "file:///project/plugins/broken.ts"
_PLUGIN = {"name": "broken", "module": _BROKEN, "blocking": False, "priority": 10, "config": {}}
_PROJECTS: dict[str, Project] = {
    "one": project(greeting="one"),
    "two": project(greeting="two"),
    "broken": Project(
        {"main": agent(plugins={"custom": [_PLUGIN]})},
        modules={_BROKEN: "throw new Error('it does not start');\nexport default class Broken {}\n"},
    ),
}
