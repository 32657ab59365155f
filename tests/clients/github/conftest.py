"""A GitHub with an app, installed for an account that has one repository."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from clients.code_host import AppKey, CodeHostAddress, CodeHostApp, CodeReader, CodeReports, code_host_at
from clients.github import GitHubApp, GitHubReader, GitHubReports, InstallationTokens
from tests.fakes.github import App, Installation, Repository, User, World, github


@dataclass(frozen=True)
class Linked:
    """One repository with the app, and the ways to it."""

    world: World
    owner: User
    app: App
    repository: Repository
    installation: Installation
    sha: str

    @property
    def address(self) -> CodeHostAddress:
        return code_host_at(self.world.url)

    @property
    def key(self) -> AppKey:
        return AppKey(self.app.id, self.app.pem)

    @property
    def itself(self) -> CodeHostApp:
        return GitHubApp(self.address, self.key)

    @property
    def reader(self) -> CodeReader:
        return GitHubReader(self.address, self.repository.full_name, self._tokens().authorization)

    @property
    def reports(self) -> CodeReports:
        return GitHubReports(
            self.address,
            self.repository.full_name,
            self._tokens().authorization,
            app_slug=self.app.slug,
            seconds_between_writes=0,
        )

    def _tokens(self) -> InstallationTokens:
        return InstallationTokens(self.itself, self.installation.id, repository_ids=[self.repository.id])


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with github(tmp_path) as found:
        yield found


@pytest.fixture
def linked(world: World) -> Linked:
    owner = world.user("acme", "Organization")
    repository = world.repository(owner, "agent")
    sha = world.commit(repository, "main", {"agent.yml": "llm: {}\n", "prompts/one.md": "# One\n"}, "the first")
    app = world.make_app(owner)
    return Linked(world, owner, app, repository, world.install(app, owner, [repository]), sha)
