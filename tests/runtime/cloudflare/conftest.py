"""Only the Worker: what no other target has."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.runtime.client import Caller, close_all
from tests.runtime.conftest import Starter
from tests.runtime.projects import project
from tests.runtime.targets import Running


@pytest.fixture
def target() -> str:
    return "cloudflare"


@pytest.fixture(scope="session")
def _worker(model_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with Starter("cloudflare", model_url, tmp_path_factory.mktemp("worker")) as starter:
        yield starter(project())


@pytest.fixture
def caller(_worker: Running) -> Iterator[Caller]:
    """Not the suite's fixture: made for one target, that would go on serving the others."""
    yield Caller(_worker.url)
    close_all()
