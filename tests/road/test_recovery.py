"""How long it takes until the work goes on: after a worker was killed, and after the database came back."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from bench.installation import Installation, installation, until
from tests.road import agents
from tests.road.agents import Agent

pytestmark = pytest.mark.slow
LEASE_SECONDS = 8


@pytest.fixture(scope="module")
def found() -> Iterator[Installation]:
    with installation(settings={"DEXTO_LEASE_SECONDS": str(LEASE_SECONDS)}) as started:
        yield started


@pytest.fixture
def agent(found: Installation, tmp_path: Path) -> Agent:
    return agents.make(found, tmp_path / "agent")


def test_a_killed_worker_s_build_goes_on_after_its_lease(agent: Agent, record_property: Any) -> None:
    agent.deployed("first")  # so that its mirror and caches are there
    agent.write("prompts/one.md", "# Two\n")
    with agent.builds_held():
        commit = agent.push("second")
        until(lambda: agent.deployment(commit)["status"] == "building", "a build")
        for process in agent.found.named("dexto_cloud.celery"):
            process.send_signal(signal.SIGKILL)
        began = time.monotonic()
    assert agent.found.deployment_of(agent.slug, commit)["status"] == "ready"
    took = time.monotonic() - began
    record_property("seconds", took)
    assert took <= LEASE_SECONDS + 5, f"{took:.1f} s"


def test_a_restarted_database_is_back_for_everybody_within_five_seconds(agent: Agent, record_property: Any) -> None:
    agent.deployed("first")
    agent.write("prompts/one.md", "# Two\n")
    with agent.builds_held():
        commit = agent.push("second")
        until(lambda: agent.deployment(commit)["status"] == "building", "a build")
        for process in agent.found.named("postgres"):
            process.send_signal(signal.SIGKILL)
        until(lambda: _accepts(agent.found), "the database")
        began = time.monotonic()
    assert agent.found.deployment_of(agent.slug, commit)["status"] == "ready"
    took = time.monotonic() - began
    record_property("seconds", took)
    assert took <= 5, f"{took:.1f} s"


def _accepts(found: Installation) -> bool:
    try:
        psycopg.connect(found.environment["DATABASE_URL"], connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True
