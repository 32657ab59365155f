"""What an agent did is in its project's metrics: from a request at the edge, and a line that the agent printed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bench.installation import Installation, until
from cli.metrics import sparkline
from tests.cli.process import read, run
from tests.road import agents


@pytest.fixture
def agent(installed: Installation, tmp_path: Path) -> agents.Agent:
    return agents.make(installed, tmp_path / "agent")


def test_requests_and_tokens_show_up(agent: agents.Agent) -> None:
    live = agent.deployed("A first agent")
    agent.answer(live["urls"]["production"])
    before = total(agent)["requests"]
    for _time in range(5):
        assert agent.found.ask(live["urls"]["production"]).status == 200
    assert agent.found.ask(live["urls"]["production"], "/fail").status == 502
    with (agent.found.data / "agents" / f"{live['id']}.log").open("a") as log:
        log.write('{"message": "The model answered.", "usage": {"inputTokens": 120, "outputTokens": 30}}\n')

    def all_counted() -> dict[str, Any] | None:  # what was asked before may be counted only now
        found = total(agent)
        whole = found["requests"] >= before + 6 and found["server_errors"] and found["input_tokens"]
        return found if whole else None

    found = until(all_counted, "what it was asked")
    assert (found["client_errors"], found["server_errors"]) == (0, 1)
    assert (found["input_tokens"], found["output_tokens"]) == (120, 30)
    assert 0 < found["p50"] < 5

    assert read(agent.found, "metrics", agent.slug, "--range", "24h")["total"]["requests"] >= found["requests"]
    told = run(agent.found, "metrics", agent.slug).stdout
    assert "requests" in told and "120" in told and "█" in told
    assert f"production went to {live['id']} (push)" in told
    assert run(agent.found, "metrics", agent.slug, "--deployment", "nothing00").returncode == 1


def total(agent: agents.Agent) -> dict[str, Any]:
    found: dict[str, Any] = agent.found.api.get(f"projects/{agent.slug}/metrics")["total"]
    return found


@pytest.mark.parametrize(
    ("numbers", "drawn"), [([], ""), ([0, 0], "  "), ([0, 1, 100], " ▁█"), ([1] * 96, "█" * 48), ([2, 4, 8], "▂▄█")]
)
def test_a_row_of_numbers_is_drawn_in_a_line(numbers: list[int], drawn: str) -> None:
    assert sparkline(numbers) == drawn
