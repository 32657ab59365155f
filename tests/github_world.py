"""The fake GitHub beside this installation: an app, an organization with a repository, and what was linked of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from clients.code_host import Account, MadeApp, code_host_at
from projects import github_apps
from projects.models import DeliveryMode, Installation, Project, Repository, Team
from tests import factories
from tests.fakes.github import App, User, World, github
from tests.fakes.github import Repository as Hosted

AGENT = "systemPrompt: You are kind.\nllm:\n  provider: openai\n  model: gpt-5-mini\n  apiKey: $OPENAI_API_KEY\n"


@dataclass(slots=True)
class Place:
    world: World
    owner: User
    hosted: Hosted
    app: App
    sha: str

    @property
    def host(self) -> str:
        return code_host_at(self.world.url).host


@contextmanager
def place(folder: Path) -> Iterator[Place]:
    with github(folder) as world:
        owner = world.user("ada")
        hosted = world.repository(owner, "concierge")
        sha = world.commit(hosted, "main", {"agent.yml": AGENT}, "the first")
        app = world.make_app(owner)
        world.install(app, owner, [hosted])
        world.signed_in = owner
        yield Place(world, owner, hosted, app, sha)


def named(at: Place, team: Team, *, mode: DeliveryMode = DeliveryMode.WEBHOOK) -> None:
    """The fake's app is this installation's."""
    app = at.app
    made = MadeApp(
        app_id=app.id,
        slug=app.slug,
        name=app.name,
        html_url=f"{at.world.url}/github-apps/{app.slug}",
        owner=Account(at.owner.id, at.owner.login),
        client_id=app.client_id,
        client_secret=app.client_secret,
        private_key=app.pem,
        webhook_secret=app.webhook_secret,
    )
    github_apps.keep(made, code_host_at(at.world.url), team=team, actor=factories.user(), mode=mode)


def linked(at: Place) -> Project:
    """As the page leaves it, without a first deployment."""
    team = factories.team()
    named(at, team)
    installation = Installation.objects.create(
        team=team,
        host=at.host,
        external_id=at.world.installations[0].id,
        account_id=at.owner.id,
        account_login=at.owner.login,
    )
    project = factories.project(team, external_id=at.hosted.id)
    Repository.objects.filter(pk=project.repository_id).update(
        host=at.host, installation=installation, full_name=at.hosted.full_name
    )
    fresh: Project = Project.objects.select_related("repository__installation", "team").get(pk=project.pk)
    return fresh
