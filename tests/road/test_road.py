"""The road, whole: real git, real processes, real engines, asked from outside."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from bench.installation import Installation, until
from core.errors import PlatformError, UserError
from tests.road import agents
from tests.road.agents import Agent


@pytest.fixture
def agent(installed: Installation, tmp_path: Path) -> Agent:
    return agents.make(installed, tmp_path / "agent")


def test_a_push_is_live_a_branch_has_its_preview_and_what_was_previewed_ships(agent: Agent) -> None:
    found = agent.found
    for environment in ("production", "preview"):
        body = {"name": f"FOR_{environment.upper()}", "value": "v", "environment": environment}
        found.api.post(f"projects/{agent.slug}/variables", body)
    live = agent.deployed("A first agent")
    assert live["status"] == "ready", live
    for url in live["urls"].values():
        answer = agent.answer(url)
        assert (answer["commit"], answer["environment"]) == (live["commit"], "production")
        assert "FOR_PRODUCTION" in answer["variables"]
        assert "FOR_PREVIEW" not in answer["variables"]

    agent.checkout.switch("feature/greeting")
    agent.write("prompts/one.md", "# Two\n")
    preview = agent.deployed("Greet", "feature/greeting")
    answer = agent.answer(preview["urls"]["branch"])
    assert (answer["commit"], answer["environment"]) == (preview["commit"], "preview")
    assert "FOR_PREVIEW" in answer["variables"]
    assert agent.serves(live["commit"]), "production stays as it is"

    promoted = found.api.post(f"deployments/{preview['id']}/promote")
    assert agent.serves(preview["commit"])
    assert promoted["bundle"] == preview["bundle"]
    shipped = agent.answer(found.api.get(f"deployments/{promoted['id']}")["urls"]["production"])
    assert "FOR_PRODUCTION" in shipped["variables"]
    assert shipped["agents"] == answer["agents"]

    agent.checkout.delete("feature/greeting")
    until(lambda: found.ask(preview["urls"]["branch"]).status == 410, "the preview's end")
    assert agent.serves(preview["commit"]), "what was promoted outlives its branch"


def test_what_fails_leaves_the_one_before_serving(agent: Agent) -> None:
    good = agent.deployed("A first agent")
    agent.write("agent.yml", "systemPrompt: x\nllm:\n  provider: [\n")
    broken = agent.deployed("Break it")
    assert (broken["status"], broken["error"]["file"]) == ("failed", "agent.yml")
    assert broken["error"]["hint"]
    assert agent.serves(good["commit"])

    body = {"name": "NODE_OPTIONS", "value": "--no-such-option", "environment": "production"}
    agent.found.api.post(f"projects/{agent.slug}/variables", body)
    again = agent.found.api.post(f"deployments/{good['id']}/redeploy")
    until(lambda: agent.found.api.get(f"deployments/{again['id']}")["error"], "the agent's end")
    failed = agent.found.api.get(f"deployments/{again['id']}")
    assert (failed["status"], failed["error"]["code"]) == ("failed", "agent_exited")
    assert not failed["urls"]
    until(lambda: "is not allowed in NODE_OPTIONS" in agent.log(again["id"], "agent"), "what the agent said")
    assert agent.serves(good["commit"])


def test_a_rollback_answers_with_the_older_commit_and_pushes_wait(agent: Agent) -> None:
    first = agent.deployed("first")
    agent.write("VERSION", "2")
    second = agent.deployed("second")
    assert agent.serves(second["commit"])
    assert agent.found.api.post(f"projects/{agent.slug}/rollback")["auto_assign"] is False
    assert agent.serves(first["commit"])
    third = agent.deployed("third, the same files")
    assert (third["status"], third["reused"], third["live"]) == ("ready", True, False)
    assert agent.serves(first["commit"])
    agent.found.api.post(f"projects/{agent.slug}/undo-rollback")
    assert agent.serves(third["commit"])


def test_a_live_log_comes_as_it_is_written_and_goes_on_after_the_last_line_seen(agent: Agent) -> None:
    with agent.builds_held():
        commit = agent.push("A first agent")
        stream = agent.deployment(commit)["streams"]["build"]
        until(lambda: agent.deployment(commit)["status"] == "building", "the build's start")
    done = agent.found.deployment_of(agent.slug, commit)
    with agents.events(agent.found, stream) as whole:
        everything = [event for event in whole if event.name == "line"]
    assert [event.id for event in everything] == list(range(len(everything)))
    half = len(everything) // 2
    with agents.events(agent.found, stream, last=everything[half].id) as rest:
        *lines, end = rest
    assert end.name == "end"
    assert [event.data for event in lines if event.name == "line"] == [one.data for one in everything[half + 1 :]]
    read = agent.found.api.get(f"deployments/{done['id']}/logs/build")["lines"]
    assert [event.data for event in everything] == read


def test_a_viewer_who_waits_sees_each_line_once(agent: Agent) -> None:
    with agent.builds_held():
        commit = agent.push("A first agent")
        stream = agent.deployment(commit)["streams"]["build"]
        viewer = ExitStack()
        live = viewer.enter_context(agents.events(agent.found, stream))
    with viewer:
        lines = [event for event in live if event.name == "line"]
    assert [event.id for event in lines] == list(range(len(lines)))
    assert {event.data["step"] for event in lines} >= {"check out", "check", "bundle", "store"}


def test_a_cancelled_build_ends_within_two_seconds(agent: Agent) -> None:
    with agent.builds_held():
        commit = agent.push("A first agent")
        until(lambda: agent.deployment(commit)["status"] == "building", "the build's start")
        agent.found.api.post(f"deployments/{agent.deployment(commit)['id']}/cancel")
        assert agent.deployment(commit)["status"] == "cancelled"
        ended = until(
            lambda: agent.found.api.get(f"deployments/{agent.deployment(commit)['id']}/logs/build")["ended"],
            "the build's end",
            seconds=3,
        )
    assert ended


def test_only_who_may_push_does(agent: Agent) -> None:
    agent.checkout.commit("A first agent")
    stranger = type(agent.checkout)(agent.checkout.folder, agent.checkout.remote, "dexto_not-a-token")
    with pytest.raises(PlatformError, match="not found"):
        stranger.push("main")
    with pytest.raises(UserError):
        agent.found.api.get("projects/nowhere")


def test_all_who_fetch_at_once_are_answered(agent: Agent) -> None:
    sha = agent.push("A first agent")
    with ThreadPoolExecutor(4) as pool:
        heads = list(pool.map(lambda _number: agent.checkout.remote_head("main"), range(60)))
    assert set(heads) == {sha}


def test_the_edge_answers_for_what_is_not_there(installed: Installation) -> None:
    unknown = installed.ask(f"http://nobody.localhost:{installed.port}")
    assert unknown.status == 404
    assert b"nothing at this address" in unknown.body
    assert installed.ask(f"http://example.com:{installed.port}").status == 404
