"""The fake's pages, by which a person pushes, forks and merges: each click is what git and the API show afterwards."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.fakes.github import Repository, World, github
from tests.git import git


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with github(tmp_path / "hub") as found:
        owner = found.user("ada")
        found.signed_in = owner
        repository = found.repository(owner, "agent")
        found.commit(repository, "main", {"agent.yml": "llm: {}\n"}, "the first")
        found.install(found.make_app(owner), owner, [repository])
        yield found


@pytest.fixture
def repository(world: World) -> Repository:
    return world.repositories[0]


def click(world: World, place: str, **fields: str) -> httpx.Response:
    """A form is sent, and its answer followed."""
    return httpx.post(f"{world.url}{place}", data=fields, follow_redirects=True)


def _text(repository: Repository, branch: str, path: str) -> str:
    return git(repository.folder, "show", f"{branch}:{path}")


def _told(world: World) -> list[str]:
    return [f"{one.event} {one.action or one.payload['ref']}" for one in world.deliveries]


def test_a_commit_is_pushed_to_a_new_branch_and_becomes_a_pull_request(world: World, repository: Repository) -> None:
    page = click(world, "/ada/agent/push", branch="kinder", path="a.md", text="# Kind", message="Be kind")
    assert page.status_code == 200
    assert "Be kind" in page.text
    assert _text(repository, "kinder", "agent.yml") == "llm: {}"
    assert _text(repository, "kinder", "a.md") == "# Kind"
    page = click(world, "/ada/agent/open", branch="kinder", title="Kinder <words>")
    assert "Kinder &lt;words&gt; #1" in page.text
    assert _told(world) == ["push refs/heads/kinder", "pull_request opened"]


def test_a_merge_brings_the_branch_into_its_base(world: World, repository: Repository) -> None:
    click(world, "/ada/agent/push", branch="kinder", path="a.md", text="# Kind", message="Be kind")
    click(world, "/ada/agent/open", branch="kinder", title="Kinder")
    page = click(world, "/ada/agent/pull/1/merge")
    assert "merged" in page.text
    assert _text(repository, "main", "a.md") == "# Kind"
    assert _told(world)[2:] == ["pull_request closed", "push refs/heads/main"]


def test_what_conflicts_is_not_merged(world: World, repository: Repository) -> None:
    click(world, "/ada/agent/push", branch="kinder", path="agent.yml", text="llm: 1", message="one")
    click(world, "/ada/agent/open", branch="kinder", title="Kinder")
    click(world, "/ada/agent/push", branch="main", path="agent.yml", text="llm: 2", message="two")
    assert click(world, "/ada/agent/pull/1/merge").status_code == 405
    assert world.pulls[0].state == "open"


def test_a_stranger_asks_from_a_fork_and_pushes_more(world: World, repository: Repository) -> None:
    click(world, "/ada/agent/fork", owner="mallory", path="a.md", text="# Mine", title="Mine")
    first = world.pulls[0].head_sha
    click(world, "/ada/agent/pull/1/push", path="a.md", text="# Ours", message="more")
    assert world.pulls[0].head_sha != first
    assert git(repository.folder, "rev-parse", "refs/pull/1/head") == world.pulls[0].head_sha
    assert repository.branches().keys() == {"main"}
    assert _told(world) == ["pull_request opened", "pull_request synchronize"]


def test_a_pull_request_is_closed_opened_again_and_goes_with_its_branch(world: World) -> None:
    click(world, "/ada/agent/push", branch="kinder", path="a.md", text="# Kind", message="Be kind")
    click(world, "/ada/agent/open", branch="kinder", title="Kinder")
    for what, state in (("close", "closed"), ("reopen", "open")):
        click(world, f"/ada/agent/pull/1/{what}")
        assert world.pulls[0].state == state
    click(world, "/ada/agent/delete", branch="kinder")
    assert world.pulls[0].state == "closed"
    assert _told(world)[-2:] == ["push refs/heads/kinder", "pull_request closed"]


def test_pages_show_what_the_repository_was_told(world: World, repository: Repository) -> None:
    click(world, "/ada/agent/fork", owner="mallory", path="a.md", text="# Mine", title="Mine")
    sha = world.pulls[0].head_sha
    token = world.grant(
        world.installations[0], [repository], dict.fromkeys(("statuses", "pull_requests", "checks"), "write")
    )
    api, headers = f"{world.url}/api/v3/repos/ada/agent", {"Authorization": f"Bearer {token.value}"}
    status = {"state": "success", "context": "dexto/agent", "target_url": "http://localhost/x", "description": "Live"}
    assert httpx.post(f"{api}/statuses/{sha}", json=status, headers=headers).status_code == 201
    comment = {"body": "See http://agent-pr-1.localhost <b>"}
    assert httpx.post(f"{api}/issues/1/comments", json=comment, headers=headers).status_code == 201
    page = httpx.get(f"{world.url}/ada/agent/pull/1").text
    assert "dexto/agent" in page
    assert "<a href='http://agent-pr-1.localhost'>" in page
    assert "&lt;b&gt;" in page
    assert "ada/agent" in httpx.get(world.url).text


@pytest.mark.parametrize("name", ["", "..", "a b", "-x"])
def test_what_is_no_branch_is_refused(world: World, name: str) -> None:
    assert click(world, "/ada/agent/push", branch=name, path="a", text="b", message="c").status_code == 422
    assert world.deliveries == []


def test_it_stands_beside_a_command_as_long_as_that_runs(tmp_path: Path) -> None:
    """As `make demo GITHUB=fake` has it: the command finds it by its address alone, and a data directory of its own."""
    looks = "import os, sys; print(os.environ['DEXTO_DATA_DIR'], 'OPENAI_API_KEY' in os.environ); sys.exit(3)"
    done = subprocess.run(
        [sys.executable, "-m", "tests.fakes.github", "--port", "0", "--", sys.executable, "-c", looks],
        cwd=Path(__file__).resolve().parents[2],
        env={**os.environ, "DEXTO_DATA_DIR": str(tmp_path / "own"), "OPENAI_API_KEY": "of a person"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3, done.stderr
    assert f"{tmp_path / 'own-fake-github'} False" in done.stdout
    assert "ada/concierge" in done.stdout
    assert not list(tmp_path.iterdir())
