"""`dexto-cloud link --repository`: a repository of a code host becomes a project, from a terminal."""

from __future__ import annotations

import json
import os
import re
from html import unescape
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
import typer

from bench.installation import Installation
from cli.code_host import HostedRepository, hosted_repository
from cli.exits import Exit
from tests.cli.process import typed
from tests.fakes.github import Repository, World
from tests.git import git
from tests.github_world import AGENT
from tests.road.people import signed_in


@pytest.fixture
def hosted(installed: Installation, code_host: World) -> Repository:
    """Somebody's repository, with an app of the installation beside it."""
    owner = code_host.user("linus")
    repository = code_host.repository(owner, "kernel-help")
    code_host.commit(repository, "main", {"agents/desk/agent.yml": AGENT}, "the first")
    _make_app(installed, code_host)
    code_host.install(code_host.apps[-1], owner, [repository])
    return repository


def _make_app(installed: Installation, code_host: World) -> None:
    """As the installation's owner does it; under a name that nobody else's test takes."""
    with signed_in(installed) as person:
        page = person.post("/home/-/code-host", {"url": code_host.url, "mode": "webhook"})
        action, manifest = (
            re.search(part, page) for part in (r'action="(http[^"]+)"', r'name="manifest" value="([^"]+)"')
        )
        assert action and manifest
        said = {**json.loads(unescape(manifest[1])), "name": "Dexto of a terminal"}
        back = httpx.post(unescape(action[1]), data={"manifest": json.dumps(said)}).headers["Location"]
        assert "is there" in person.client.get(back).text


def test_a_folder_s_own_repository_becomes_its_project(
    installed: Installation, code_host: World, hosted: Repository, tmp_path: Path
) -> None:
    known = {"DEXTO_URL": installed.url, "DEXTO_TOKEN": installed.token}
    token = code_host.sign_in(hosted.owner).value
    git(tmp_path, "init", "--quiet", ".")
    git(tmp_path, "remote", "add", "origin", f"{code_host.url}/linus/kernel-help.git")
    make = ("link", "desk", "--repository", "origin", "--root", "agents/desk")

    silent = typed(*make, folder=tmp_path, **known)
    assert (silent.returncode, silent.stdout) == (Exit.USAGE, "")
    assert "GH_TOKEN" in silent.stderr
    wrong = typed(*make, folder=tmp_path, stdin="ghp_wrong\n", **known)
    assert wrong.returncode == Exit.FAILED
    assert "[code_host_token_refused]" in wrong.stderr
    eve = typed(*make, folder=tmp_path, GITHUB_TOKEN=code_host.sign_in(code_host.user("eve")).value, **known)
    assert "[repository_not_seen]" in eve.stderr
    assert not (tmp_path / ".dexto-cloud.json").exists()

    done = typed(*make, "--json", folder=tmp_path, **known, **_with_gh(tmp_path, urlsplit(code_host.url).netloc, token))
    assert done.returncode == Exit.OK, done.stderr
    kept = {"url": installed.url, "project": "desk"}
    assert json.loads(done.stdout) == {**kept, "repository": "linus/kernel-help", "root": "agents/desk"}
    assert json.loads((tmp_path / ".dexto-cloud.json").read_text()) == kept
    listed = json.loads(typed("deployments", "--json", folder=tmp_path, **known).stdout)
    assert [one["commit"] for one in listed] == [hosted.branches()["main"]]

    again = typed(*make, folder=tmp_path, GH_TOKEN=token, GITHUB_TOKEN="ghp_wrong", **known)
    assert "[repository_linked]" in again.stderr
    told = "".join(one.stdout + one.stderr for one in (wrong, done, again))
    assert token not in told and "ghp_wrong" not in told
    assert typed("link", "desk", "--root", "agents", folder=tmp_path, **known).returncode == Exit.USAGE


def _with_gh(folder: Path, host: str, token: str) -> dict[str, str]:
    """A machine on which GitHub's own command has a token for that host."""
    program = folder / "bin" / "gh"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\n[ "$*" = "auth token --hostname {host}" ] && echo {token}\n')
    program.chmod(0o755)
    return {"PATH": f"{program.parent}:{os.environ['PATH']}"}


@pytest.mark.parametrize(
    ("text", "name", "host"),
    [
        ("acme/agent", "acme/agent", ""),
        ("https://github.com/acme/agent", "acme/agent", "github.com"),
        ("https://github.com/acme/agent.git/", "acme/agent", "github.com"),
        ("https://ada:secret@git.example:8443/acme/my.agent.git", "acme/my.agent", "git.example:8443"),
        ("github.com/acme/agent", "acme/agent", "github.com"),
        ("git@github.com:acme/agent.git", "acme/agent", "github.com"),
        ("ssh://git@git.example:2222/acme/agent.git", "acme/agent", "git.example"),
        ("git@github.com:42/agent", "42/agent", "github.com"),
    ],
)
def test_a_repository_is_named_as_git_names_it(tmp_path: Path, text: str, name: str, host: str) -> None:
    assert hosted_repository(text, tmp_path) == HostedRepository(name, host)


@pytest.mark.parametrize("text", ["nowhere", "/srv/git/agent.git", "https://github.com/acme", "a/b/c/d", "--help"])
def test_what_names_none_is_a_typo(tmp_path: Path, text: str) -> None:
    with pytest.raises(typer.BadParameter):
        hosted_repository(text, tmp_path)
