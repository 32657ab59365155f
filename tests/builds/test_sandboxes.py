"""What the pages say about how strangers' code is kept in here."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from builds import sandboxes


@pytest.fixture(autouse=True)
def asked_anew() -> Iterator[None]:
    """It is found once per process; a test asks with settings of its own."""
    yield
    sandboxes.agent_sandbox.cache_clear()


@pytest.fixture
def wanted(settings: Settings) -> Settings:
    sandboxes.agent_sandbox.cache_clear()
    return settings


def test_a_sandbox_is_said_with_how_memory_is_bounded(wanted: Settings) -> None:
    wanted.SANDBOX = "auto"
    found = sandboxes.protection()
    assert found.is_confined
    assert "bubblewrap; memory: " in found.sentence


def test_limits_alone_are_said_on_an_own_machine(wanted: Settings) -> None:
    wanted.SANDBOX, wanted.EMBEDDED, wanted.BASE_DOMAIN = "none", True, "localhost"
    found = sandboxes.protection()
    assert not found.is_confined
    assert "resource limits alone" in found.sentence


def test_a_refusal_names_the_insecure_option_elsewhere(wanted: Settings) -> None:
    wanted.SANDBOX, wanted.EMBEDDED = "none", False
    found = sandboxes.protection()
    assert not found.is_confined
    assert "DEXTO_INSECURE_BUILDS=1" in found.next_step
