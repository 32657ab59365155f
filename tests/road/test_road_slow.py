"""What takes longer: processes that die in the middle, an installation that starts again, paths that are watched."""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from bench.installation import Installation, start, temporary_folder, until
from tests.git import commit, repository
from tests.road import agents
from tests.road.agents import Agent

pytestmark = pytest.mark.slow


@pytest.fixture
def data() -> Iterator[Path]:
    folder = temporary_folder()
    (folder / "data").mkdir()
    yield folder / "data"
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def agent(installed: Installation, tmp_path: Path) -> Agent:
    return agents.make(installed, tmp_path / "agent")


def kill(process: psutil.Process) -> None:
    process.send_signal(signal.SIGKILL)
    until(lambda: _ended(process), "the end of a killed process")


def _ended(process: psutil.Process) -> bool:
    """A zombie that nobody waits for has ended too."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def process_of(found: Installation, words: str) -> psutil.Process:
    return until(lambda: next(iter(found.named(words)), None), words)


def agent_process(deployment: str) -> psutil.Process:
    return until(
        lambda: next((one for one in psutil.process_iter() if deployment in _socket_of(one)), None), "the agent"
    )


def _socket_of(process: psutil.Process) -> str:
    try:
        return process.environ().get("DEXTO_SOCKET", "")
    except psutil.Error:
        return ""


WORKER = "dexto_cloud.celery:app"
NODE = "manage.py node"


def test_a_worker_that_is_killed_in_the_middle_of_a_build_loses_nothing(agent: Agent) -> None:
    with agent.builds_held():
        sha = agent.push("A first agent")
        until(lambda: agent.deployment(sha)["status"] == "building", "the build's start")
        kill(process_of(agent.found, WORKER))
    done = agent.found.deployment_of(agent.slug, sha)
    assert done["status"] == "ready", done
    assert agent.serves(sha)
    assert len(agent.found.api.get(f"projects/{agent.slug}/deployments")) == 1
    steps = agent.found.api.get(f"deployments/{done['id']}/steps")
    assert [step["name"] for step in steps].count("bundle") == 1


def test_an_agent_outlives_the_worker_and_its_node(agent: Agent) -> None:
    live = agent.deployed("A first agent")
    assert agent.serves(live["commit"])
    process = agent_process(live["id"])
    for words in (WORKER, NODE):
        kill(process_of(agent.found, words))
        assert agent.found.live_commit(agent.slug) == live["commit"]
    agent.write("VERSION", "2")
    assert agent.serves(agent.push("second")), "the node that came after it goes on"
    assert not _ended(process)
    answer = agent.answer(live["urls"]["deployment"])
    assert answer["commit"] == live["commit"]


def test_an_agent_that_is_killed_is_started_again(agent: Agent) -> None:
    live = agent.deployed("A first agent")
    assert agent.serves(live["commit"])
    kill(agent_process(live["id"]))
    assert agent.serves(live["commit"])


def test_a_path_is_followed_like_any_repository(installed: Installation, tmp_path: Path) -> None:
    folder = repository(tmp_path / "mine")
    agents.factories.write_agent(folder)
    first = commit(folder)
    installed.api.post("projects", {"slug": "followed", "path": str(folder)})
    assert installed.deployment_of("followed", first)["status"] == "ready"
    second = commit(folder)
    assert installed.deployment_of("followed", second)["reused"]
    until(lambda: installed.live_commit("followed") == second, "the second commit")


def test_a_second_start_finds_everything_as_it_was(data: Path, tmp_path: Path) -> None:
    found = start(data)
    agent = agents.make(found, tmp_path / "agent")
    live = agent.deployed("A first agent")
    assert agent.serves(live["commit"])
    assert found.stop() == 0
    assert not _left_over(data), "nothing runs on"

    again = start(data)
    try:
        assert again.url == found.url
        (kept,) = found.api.get(f"projects/{agent.slug}/deployments")  # with the token of before
        assert (kept["id"], kept["status"]) == (live["id"], "ready")
        until(lambda: again.live_commit(agent.slug) == live["commit"], "the agent")
        assert again.api.get(f"deployments/{live['id']}/logs/build")["lines"]
        after = Agent(again, agent.slug, agent.checkout, agent.repository)
        after.write("VERSION", "2")
        assert after.serves(after.push("after the restart"))
    finally:
        again.stop()


def test_a_start_after_a_kill_is_clean(data: Path, tmp_path: Path) -> None:
    found = start(data)
    agent = agents.make(found, tmp_path / "agent")
    live = agent.deployed("A first agent")
    children = found.processes()
    found.process.kill()
    found.process.wait()
    until(lambda: all(map(_ended, children)), "the end of everything")
    again = start(data)
    try:
        until(lambda: again.live_commit(agent.slug) == live["commit"], "the agent")
    finally:
        again.stop()


def _left_over(data: Path) -> list[str]:
    lines = []
    for process in psutil.process_iter(["pid", "cmdline"]):
        words = " ".join(process.info["cmdline"] or ())
        if str(data) in words and process.info["pid"] != os.getpid():
            lines.append(words)
    return lines


def test_the_files_with_secrets_are_for_their_owner_only(installed: Installation) -> None:
    for name in ("secrets.json", "cli.json", "environment.json"):
        assert (installed.data / name).stat().st_mode & 0o077 == 0
    secrets = json.loads((installed.data / "secrets.json").read_text())
    running = [" ".join(words) for words in (_command(one) for one in installed.processes())]
    for name, value in secrets.items():
        assert not [line for line in running if value in line], name


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []
