"""Agents that cannot share their memory's files (workerd): they take turns, and nobody who asks is turned away."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any
from urllib.parse import urlsplit

import pytest

from bench.installation import Installation, until
from tests.road import agents
from tests.road.agents import Agent

CALLERS = 4
_AS_WORKER = "deployments:\n  - { name: local, target: cloudflare, platform: local }\n"


@pytest.fixture
def agent(installed: Installation, tmp_path: Path) -> Agent:
    made = agents.make(installed, tmp_path / "agent")
    made.write("deployment.yml", _AS_WORKER)
    return made


class Load:
    """Callers of production that write to its memory and send bodies, each as soon as it is answered."""

    def __init__(self, agent: Agent, url: str) -> None:
        self.refused: list[tuple[str, int, str]] = []
        self.counts: list[int] = []
        self.commits: list[str] = []
        self._agent = agent
        self._url = url
        self._ended = Event()

    @contextmanager
    def going_on(self) -> Iterator[None]:
        callers = [Thread(target=self._call, args=(number,)) for number in range(CALLERS)]
        for caller in callers:
            caller.start()
        try:
            yield
        finally:
            self._ended.set()
            for caller in callers:
                caller.join()

    def _call(self, number: int) -> None:
        while not self._ended.is_set():
            if number % 2:
                self._note("/count", "GET", None)
            else:
                self._note("/echo", "POST", b"said" * 1_000)

    def _note(self, path: str, method: str, body: bytes | None) -> None:
        answer = self._agent.found.ask(self._url, path, method=method, body=body)
        if answer.status != 200:
            self.refused.append((path, answer.status, answer.body.decode()))
        elif body is None:
            self.counts.append(answer.json["count"])
        else:
            assert answer.json["body"] == body.decode()
            self.commits.append(answer.json["commit"])


@pytest.mark.slow
def test_versions_are_switched_under_load_and_nobody_is_turned_away(agent: Agent) -> None:
    first = agent.deployed("A first agent")
    assert first["status"] == "ready", first
    production = first["urls"]["production"]
    load = Load(agent, production)
    with load.going_on(), streaming(agent, production) as lines:
        for number in ("2", "3"):
            agent.write("VERSION", number)
            newest = agent.deployed(f"Version {number}")
            assert newest["status"] == "ready", newest
            assert agent.serves(newest["commit"])
        agent.found.api.post(f"projects/{agent.slug}/rollback", {"deployment": first["id"]})
        assert agent.serves(first["commit"])
    assert load.refused == []
    assert {first["commit"], newest["commit"]} <= set(load.commits)
    assert len(lines) == 5, "a stream that had begun went on to its end"
    assert sorted(load.counts) == list(range(1, len(load.counts) + 1)), "what one version wrote the next one has"


@contextmanager
def streaming(agent: Agent, url: str) -> Iterator[list[Any]]:
    """An answer of a second that has begun when the block does."""
    connection = agent.found.connect()
    connection.request("GET", "/stream?events=5", headers={"Host": urlsplit(url).netloc})
    answer = connection.getresponse()
    lines = [answer.readline()]
    yield lines
    events = b"".join(lines) + answer.read()
    lines[:] = [json.loads(line[6:]) for line in events.splitlines() if line.startswith(b"data: ")]
    connection.close()


def test_two_that_are_both_asked_for_take_turns(agent: Agent) -> None:
    first = agent.deployed("A first agent")
    agent.write("VERSION", "2")
    second = agent.deployed("Version 2")
    assert agent.serves(second["commit"])
    older = Load(agent, first["urls"]["deployment"])
    newer = Load(agent, second["urls"]["production"])
    with older.going_on(), newer.going_on():
        until(lambda: older.counts and newer.counts, "answers of both")
        counted = len(newer.counts)
        until(lambda: len(newer.counts) > counted, "another turn")
    assert older.refused == newer.refused == []
    assert set(older.commits) == {first["commit"]}
    assert set(newer.commits) == {second["commit"]}
    counts = sorted(older.counts + newer.counts)
    assert counts == list(range(1, len(counts) + 1)), "each write is there once, whoever made it"
