"""What the suite deploys: bundles of one agent whose greeting is its version, built once for each target."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

import pytest

from builds.bundle import MadeBundle
from builds.packing import Wish, pack
from core.targets import Target
from tests.deployments.platforms.suite import Counterpart
from tests.runtime.built import written
from tests.runtime.conftest import Server
from tests.runtime.projects import Project, agent, project
from tests.runtime.targets import RUNTIME

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
