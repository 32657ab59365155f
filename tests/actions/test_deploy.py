"""The reusable action, run step by step as a runner runs it, against an installation and the fake GitHub's issuer."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from bench.installation import Installation
from tests.fakes.github import Repository, World
from tests.road.agents import Agent, make
from tests.road.people import signed_in
from tests.web_server import Reply, web_server

FOLDER = Path(__file__).resolve().parents[2] / "actions" / "deploy"


@pytest.fixture(scope="module")
def hosted(code_host: World) -> Repository:
    return code_host.repository(code_host.user("grace"), "concierge")


@pytest.fixture
def agent(installed: Installation, tmp_path: Path) -> Agent:
    return make(installed, tmp_path / "agent")


def trust(agent: Agent, hosted: Repository, environment: str) -> None:
    """As an owner does it on the project's page."""
    with signed_in(agent.found) as person:
        page = f"/home/{agent.slug}/trusted"
        form = {
            "environment": environment,
            "repository_id": str(hosted.id),
            "owner_id": str(hosted.owner.id),
            "ref": "refs/heads/main",
            "workflow": ".github/workflows/deploy.yml",
        }
        assert "Trusted. Its jobs" in person.post(page, form)


def run(agent: Agent, proof: str, folder: Path, **inputs: str) -> subprocess.CompletedProcess[str]:
    """Each step of the action in order, with nothing in its environment but what a runner gives; the last one's end."""
    action = yaml.safe_load((FOLDER / "action.yml").read_text())
    given = {"url": agent.found.url, "team": "home", "project": agent.slug, "folder": str(agent.checkout.folder)}
    values = {name: one.get("default", "") for name, one in action["inputs"].items()} | given | inputs
    with web_server({"/token": Reply(200, json.dumps({"value": proof}).encode())}) as runner:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "GITHUB_ACTIONS": "true",
            "GITHUB_ACTION_PATH": str(FOLDER),
            "GITHUB_OUTPUT": str(folder / "output"),
            "GITHUB_REF": "refs/heads/main",
            "GITHUB_RUN_ID": "42",
            "GITHUB_RUN_ATTEMPT": "1",
            "GITHUB_JOB": "deploy",
            "ACTIONS_ID_TOKEN_REQUEST_URL": f"{runner.url}/token?api-version=2",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "of-the-runner",
        }
        for step in action["runs"]["steps"]:
            told = {name: _filled(text, values) for name, text in step.get("env", {}).items()}
            argv = [step["shell"], "-e", "-o", "pipefail", "-c", step["run"]]
            done = subprocess.run(
                argv, env=environment | told, capture_output=True, text=True, check=False, timeout=120, cwd=folder
            )
    return done


def _filled(text: str, values: dict[str, str]) -> str:
    return re.sub(r"\$\{\{ inputs\.(\w+) \}\}", lambda found: values[found[1]], text)


def proof(code_host: World, hosted: Repository, agent: Agent, **claims: str) -> str:
    return code_host.issuer.token(hosted, agent.found.url, **claims)


def test_a_job_that_is_trusted_deploys_what_it_built(
    agent: Agent, code_host: World, hosted: Repository, tmp_path: Path
) -> None:
    commit = agent.checkout.commit("the first")
    refused = run(agent, proof(code_host, hosted, agent), tmp_path)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "[deploy_not_trusted]" in refused.stderr

    trust(agent, hosted, "production")
    done = run(agent, proof(code_host, hosted, agent), tmp_path)
    assert done.returncode == 0, done.stderr
    url = f"http://{agent.slug}.localhost:{agent.found.port}"
    assert done.stdout == f"{url}\n"
    (made,) = agent.found.api.get(f"projects/{agent.slug}/deployments")
    assert (made["commit"], made["environment"], made["source"], made["live"]) == (commit, "production", "upload", True)
    assert (tmp_path / "output").read_text() == f"deployment={made['id']}\nurl={url}\n"
    secrets = re.findall(r"dexto_[\w-]{20,}", done.stderr)
    assert [f"::add-mask::{one}" in done.stderr for one in secrets] == [True]

    again = run(agent, proof(code_host, hosted, agent), tmp_path)
    assert (again.returncode, again.stdout) == (0, done.stdout)
    assert len(agent.found.api.get(f"projects/{agent.slug}/deployments")) == 1


def test_a_job_of_another_workflow_or_of_a_pull_request_is_not_trusted(
    agent: Agent, code_host: World, hosted: Repository, tmp_path: Path
) -> None:
    trust(agent, hosted, "production")
    agent.checkout.commit("the first")
    other = f"{hosted.full_name}/.github/workflows/other.yml@refs/heads/main"
    for claims in ({"workflow_ref": other}, {"event_name": "pull_request"}):
        refused = run(agent, proof(code_host, hosted, agent, **claims), tmp_path)
        assert "[deploy_not_trusted]" in refused.stderr
    assert agent.found.api.get(f"projects/{agent.slug}/deployments") == []


def test_a_destination_that_there_is_not_is_said(
    agent: Agent, code_host: World, hosted: Repository, tmp_path: Path
) -> None:
    trust(agent, hosted, "preview")
    agent.checkout.commit("the first")
    refused = run(agent, proof(code_host, hosted, agent), tmp_path, destination="nowhere else")
    assert refused.returncode == 1, refused.stderr
    assert "has no destination 'nowhere else'" in refused.stderr
