"""`dexto-cloud deploy` against a running installation: from a folder to a URL, and an exit code that is true."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bench.installation import Installation
from tests import factories
from tests.cli.process import run
from tests.road.agents import Agent, make


@pytest.fixture
def agent(installed: Installation, tmp_path: Path) -> Agent:
    return make(installed, tmp_path / "agent")


def deploy(agent: Agent, *arguments: str) -> Any:
    return run(agent.found, "deploy", "--project", agent.slug, "--folder", str(agent.checkout.folder), *arguments)


def test_a_folder_goes_to_its_address_and_only_what_changed_is_sent(agent: Agent) -> None:
    commit = agent.checkout.commit("the first")
    done = deploy(agent)
    assert (done.returncode, done.stderr) == (0, done.stderr)
    url = f"http://{agent.slug}.localhost:{agent.found.port}"
    assert done.stdout == f"{url}\n"
    assert "Ready." in done.stderr
    assert agent.found.ask(url, "/health").status == 200

    agent.write("prompts/one.md", f"# What only {agent.slug} has\n")
    done = deploy(agent, "local", "--env", "preview", "--json")
    found = json.loads(done.stdout)
    assert (found["status"], found["environment"], found["source"]) == ("ready", "preview", "upload")
    assert (found["commit"], found["message"]) == ("", f"{commit[:7]} with changes: the first")
    first, second = agent.found.api.get(f"projects/{agent.slug}/deployments")[::-1]
    assert (first["commit"], second["id"]) == (commit, found["id"])
    assert " 0 bytes" not in done.stderr
    again = deploy(agent, "--env", "preview", "--json")
    assert "0 of " in again.stderr
    assert "0 bytes were uploaded" in again.stderr


def test_the_same_key_is_the_same_deployment(agent: Agent) -> None:
    ids = {json.loads(deploy(agent, "--key", "run-7", "--json").stdout)["id"] for _ in range(2)}
    assert len(ids) == 1


def test_what_goes_wrong_is_said_and_is_the_exit_code(agent: Agent) -> None:
    unknown = deploy(agent, "nowhere")
    assert (unknown.returncode, unknown.stdout) == (1, "")
    assert "[destination_unknown]" in unknown.stderr
    assert "It has local." in unknown.stderr
    agent.write("agent.yml", "llm: {provider: openai}\n")
    invalid = deploy(agent)
    assert (invalid.returncode, invalid.stdout) == (1, "")
    assert "agent.yml" in invalid.stderr
    assert agent.found.api.get(f"projects/{agent.slug}/deployments") == []


def test_an_agent_that_does_not_start_is_no_success(agent: Agent) -> None:
    """It needs a module of Node that ends its process as it is loaded."""
    agent.write("plugins/bad.ts", "process.exit(3)\nexport default class {}\n")
    text = (agent.checkout.folder / "agent.yml").read_text()
    plugin = "{name: bad, module: ./plugins/bad.ts, enabled: true, blocking: false, priority: 1}"
    agent.write("agent.yml", f"{text}plugins:\n  custom: [{plugin}]\n")
    done = deploy(agent)
    assert done.returncode == 1, done.stderr
    assert "[deployment_ended]" in done.stderr
    assert "is failed" in done.stderr


def test_a_working_copy_without_git_is_a_preview_of_its_own(agent: Agent, tmp_path: Path) -> None:
    factories.write_agent(tmp_path / "bare")
    done = run(agent.found, "deploy", "--project", agent.slug, "--folder", str(tmp_path / "bare"), "--json")
    found = json.loads(done.stdout)
    assert (found["environment"], found["branch"], found["commit"]) == ("preview", "upload", "")


def test_among_several_projects_one_must_be_named(agent: Agent) -> None:
    agent.found.api.post("projects", {"slug": f"{agent.slug}-b"})
    done = run(agent.found, "deploy", "--folder", str(agent.checkout.folder))
    assert (done.returncode, done.stdout) == (1, "")
    assert "[project_not_named]" in done.stderr
    assert f"{agent.slug}-b" in done.stderr


def test_what_waits_or_takes_longer_is_not_called_live(agent: Agent) -> None:
    agent.checkout.commit("the first")
    for key in ("one", "two"):
        assert deploy(agent, "--key", key).returncode == 0
    run(agent.found, "rollback", agent.slug)
    staged = deploy(agent, "--key", "three", "--json")
    found = json.loads(staged.stdout)
    assert (staged.returncode, found["status"], found["live"]) == (0, "ready", False)
    assert "It is staged: production serves another deployment" in staged.stderr
    slow = deploy(agent, "--key", "four", "--seconds", "0")
    assert (slow.returncode, slow.stdout) == (1, "")
    assert "[deployment_slow]" in slow.stderr
