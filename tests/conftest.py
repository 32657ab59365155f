"""What several folders of tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bench.installation import Installation, installation
from tests.fakes.github import World, github


@pytest.fixture(scope="session")
def code_host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The fake GitHub whose workflows `installed` believes."""
    with github(tmp_path_factory.mktemp("code-host")) as world:
        yield world


@pytest.fixture(scope="session")
def installed(code_host: World) -> Iterator[Installation]:
    """A whole installation in processes of its own, started once, asked from outside like anybody's."""
    settings = {
        "DEXTO_ACTIONS_ISSUER": code_host.issuer.url,
        "DEXTO_CODE_HOST_WRITE_SECONDS": "0",
        "DEXTO_NOTIFY_NETWORKS": "127.0.0.0/8",
    }
    with installation(settings=settings) as found:
        yield found
