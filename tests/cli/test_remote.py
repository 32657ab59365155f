"""`dexto-cloud` as a process against a running installation: what a person types, and what a script reads."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from bench.installation import PROGRAM, Installation, until
from tests.cli.process import read, run
from tests.road import agents
from tests.road.agents import Agent


@pytest.fixture
def agent(installed: Installation, tmp_path: Path) -> Agent:
    return agents.make(installed, tmp_path / "agent")


def test_a_project_is_made_and_listed(installed: Installation) -> None:
    made = run(installed, "project", "create", "typed")
    assert made.stdout == f"typed: push to {installed.url}/git/typed.git\n"
    assert "typed" in [one["slug"] for one in read(installed, "project", "list")]
    again = run(installed, "project", "create", "typed")
    assert again.returncode == 1
    assert "[name_taken]" in again.stderr
    assert "Choose another name." in again.stderr
    unsure = run(installed, "project", "delete", "typed")
    assert unsure.returncode == 1, "nobody typed its name"
    assert run(installed, "project", "delete", "typed", "--yes").stdout == "typed is deleted.\n"
    gone = run(installed, "project", "delete", "typed", "--yes")
    assert (gone.returncode, "[not_found]" in gone.stderr) == (1, True)


def test_from_a_push_to_a_rollback_and_back(agent: Agent) -> None:
    found = agent.found
    first = agent.deployed("first")
    agent.write("VERSION", "2")
    second = agent.deployed("second")
    assert [one["id"] for one in read(found, "deployments", agent.slug)] == [second["id"], first["id"]]
    assert first["commit"][:7] in run(found, "deployments", agent.slug).stdout
    log = run(found, "logs", first["id"], "--follow").stdout
    assert "bundle" in log
    assert "ready" in run(found, "status", first["id"]).stdout

    back = run(found, "rollback", agent.slug)
    assert back.stdout == f"{agent.slug}.localhost → {first['id']}; new pushes wait (auto-assign is off)\n"
    assert agent.serves(first["commit"])
    assert read(found, "undo-rollback", agent.slug) == {
        "deployment": second["id"],
        "hostname": f"{agent.slug}.localhost",
        "auto_assign": True,
    }
    assert agent.serves(second["commit"])


def test_one_is_built_without_cache_and_another_is_deleted(agent: Agent) -> None:
    found, first = agent.found, agent.deployed("first")
    again = read(found, "redeploy", first["id"], "--no-cache")
    assert again["without_cache"] is True
    until(lambda: read(found, "inspect", again["id"])["live"], "the one without cache in production")
    refused = run(found, "delete", first["id"], "--yes")
    assert (refused.returncode, "[deployment_way_back]" in refused.stderr) == (1, True)
    agent.write("VERSION", "2")
    assert agent.serves(agent.deployed("second")["commit"])
    assert run(found, "delete", first["id"]).returncode == 1, "nobody said yes"
    for _ in range(2):
        assert run(found, "delete", first["id"], "--yes").stdout == f"{first['id']} is deleted.\n"
    assert read(found, "inspect", first["id"])["deleted_at"] is not None


def test_a_finding_is_inspected_with_its_lines(agent: Agent) -> None:
    agent.write("agent.yml", "systemPrompt: Hello.\npromts: []\n")
    failed = agent.deployed("a mistake")
    shown = run(agent.found, "inspect", failed["id"]).stdout
    assert "2 | promts: []\n    | ^\n" in shown


def test_a_value_is_read_from_a_pipe_and_never_shown(agent: Agent) -> None:
    done = run(agent.found, "variable", "set", agent.slug, "KEY", stdin="hunter2\n")
    assert (done.returncode, "hunter2" in done.stdout) == (0, False)
    listed = read(agent.found, "variable", "list", agent.slug)
    assert [(one["name"], one["environment"]) for one in listed] == [("KEY", "production")]
    assert run(agent.found, "variable", "remove", agent.slug, "KEY").returncode == 0
    assert read(agent.found, "variable", "list", agent.slug) == []


def test_what_is_refused_is_a_sentence_with_its_next_step(agent: Agent) -> None:
    for arguments, code in [
        (("rollback", agent.slug), "nothing_to_roll_back"),
        (("rollback", "nowhere"), "not_found"),
        (("status", "nothing00"), "not_found"),
    ]:
        done = run(agent.found, *arguments)
        assert (done.returncode, done.stdout) == (1, "")
        sentence, next_step = done.stderr.strip().splitlines()
        assert sentence.endswith(f"[{code}]")
        assert next_step.strip()


def test_a_token_that_is_none_is_said(installed: Installation) -> None:
    done = run(installed, "project", "list", token="dexto_nothing")
    assert done.returncode == 1
    assert "[not_signed_in]" in done.stderr
    assert "dexto_nothing" not in done.stderr


def test_an_installation_that_does_not_answer_is_the_platform_s_fault(installed: Installation) -> None:
    away = Installation(installed.data, installed.process, "http://127.0.0.1:9", installed.token)
    done = run(away, "project", "list")
    assert done.returncode == 3
    assert "[not_reachable]" in done.stderr


def test_without_an_installation_it_is_said_how_to_have_one(tmp_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "DEXTO_DATA_DIR": str(tmp_path)}
    done = subprocess.run(
        [str(PROGRAM), "project", "list"], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "[not_connected]" in done.stderr
    assert "dexto-cloud up" in done.stderr
