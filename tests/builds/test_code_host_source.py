"""Fetching from a code host: a token for this repository alone, which goes by the environment of git."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from builds import sources
from builds.runner.checkout import Limits, Mirror
from clients.code_host import code_host_at
from core.errors import UserError
from projects.models import Installation, Repository
from tests import factories, git, github_apps
from tests.git_server import GitServer, git_server
from tests.progress import Said
from tests.web_server import Reply, WebServer, web_server

pytestmark = pytest.mark.django_db
TOKEN = "ghs_" + "x" * 520
AUTHORIZATION = f"Basic {base64.b64encode(f'x-access-token:{TOKEN}'.encode()).decode()}"


@pytest.fixture
def host() -> Iterator[WebServer]:
    answer = {"token": TOKEN, "expires_at": (datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")}
    path = "/api/v3/app/installations/1/access_tokens"
    with web_server({path: Reply(201, json.dumps(answer).encode())}) as server:
        yield server


@pytest.fixture
def served(tmp_path: Path) -> Iterator[GitServer]:
    with git_server(tmp_path, AUTHORIZATION) as server:
        yield server


def linked(host: WebServer, clone_url: str = "https://example.com/a.git") -> Repository:
    address = code_host_at(host.url)
    github_apps.app(address)
    repository = factories.project().repository
    Repository.objects.filter(pk=repository.pk).update(clone_url=clone_url)
    return github_apps.installed(repository, github_apps.installation(repository.team, host=address.host))


def test_a_commit_is_fetched_with_a_token_that_reads_this_repository_alone(
    host: WebServer, served: GitServer, tmp_path: Path
) -> None:
    folder = git.repository(tmp_path / "agent")
    sha = git.commit(folder)
    repository = linked(host, served.url(folder / ".git"))
    source = sources.source_of(repository)
    mirror = Mirror(tmp_path / "mirror.git", Limits(30, 10_000, 10_000, 10, 0), Said())
    mirror.fetch(source, sha)
    assert git.git(mirror.path, "cat-file", "-t", sha) == "commit"
    (asked,) = host.seen
    assert json.loads(asked.body) == {
        "repository_ids": [repository.external_id],
        "permissions": {"contents": "read"},
    }
    everywhere = [*served.seen, (mirror.path / "config").read_text(), repr(source)]
    assert not [one for one in everywhere if TOKEN in one or AUTHORIZATION in one]


@pytest.mark.parametrize("state", ["suspended_at", "removed_at"])
def test_a_repository_that_the_app_lost_says_so_and_nobody_is_asked(host: WebServer, state: str) -> None:
    repository = linked(host)
    Installation.objects.update(**{state: datetime.now(UTC)})
    with pytest.raises(UserError, match="cannot read"):
        sources.source_of(Repository.objects.select_related("installation").get(pk=repository.pk))
    assert host.seen == []


def test_its_reason_is_the_one_that_was_noted(host: WebServer) -> None:
    repository = linked(host)
    repository.installation, repository.lost = None, "transferred to another account"
    with pytest.raises(UserError, match="transferred to another account"):
        sources.source_of(repository)
