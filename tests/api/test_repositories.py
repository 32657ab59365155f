"""Linking a repository by the API, against the fake GitHub: whose it is, what is refused, and that no token stays."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.test import Client

from deployments.models import Deployment
from projects import tokens
from projects.models import Project, Team, User
from projects.tokens import Scope
from tests import factories, github_apps, github_world
from tests.fakes.github.world import Fault
from tests.github_world import Place

pytestmark = pytest.mark.django_db
PATH = "/api/v1/repositories"


@pytest.fixture
def at(tmp_path: Path, settings: Any) -> Iterator[Place]:
    settings.DATA_DIR = tmp_path / "data"
    with github_world.place(tmp_path) as found:
        yield found


@pytest.fixture
def owner() -> User:
    return factories.user()


@pytest.fixture
def team(owner: User) -> Team:
    return factories.team(owner)


@pytest.fixture
def client(owner: User, team: Team) -> Client:
    return program(team, owner, *Scope)


def program(team: Team, owner: User, *scopes: Scope, **limits: Any) -> Client:
    text = tokens.mint(team, owner, "all", scopes=frozenset(scopes), **limits)
    return Client(headers={"Authorization": f"Bearer {text}"})


def asked(client: Client, token: str, repository: str = "ada/concierge", **more: str) -> Any:
    key = {"Idempotency-Key": more.pop("key")} if "key" in more else {}
    body = {"repository": repository, "code_host_token": token, **more}
    return client.post(PATH, body, content_type="application/json", headers=key)


def refused(answer: Any, status: int = 409) -> str:
    assert answer.status_code == status, answer.content
    assert not Project.objects.exists()
    return str(answer.json()["code"])


class TestWhoMay:
    @pytest.fixture(autouse=True)
    def _app(self, at: Place, team: Team) -> None:
        github_world.named(at, team)

    @pytest.fixture
    def token(self, at: Place) -> str:
        return at.world.sign_in(at.owner).value

    def test_who_may_push_links_it_and_it_is_deployed_at_once(
        self, at: Place, client: Client, owner: User, token: str
    ) -> None:
        at.world.commit(at.hosted, "old-idea", {"agent.yml": github_world.AGENT}, "old")
        answer = asked(client, token, host=at.host)
        assert (answer.status_code, answer.json()["slug"]) == (201, "concierge")
        project = Project.objects.select_related("repository__installation").get()
        assert (project.repository.external_id, project.repository.host) == (at.hosted.id, at.host)
        assert project.repository.installation.external_id == at.world.installations[0].id
        deployment = Deployment.objects.get()
        assert (deployment.environment, deployment.push.after) == ("production", at.sha)
        said = client.get("/api/v1/audit?about=ada/concierge").json()
        assert [(one["verb"], one["person"]) for one in said] == [("repository.linked", owner.username)]

    def test_a_folder_of_it_is_a_project_of_its_own(self, client: Client, token: str) -> None:
        assert asked(client, token, folder="/agents/shop/").json()["root"] == "agents/shop"
        assert asked(client, token, folder="agents/desk", slug="help").json()["slug"] == "help"
        assert set(Project.objects.values_list("slug", "root")) == {("shop", "agents/shop"), ("help", "agents/desk")}

    def test_what_is_linked_is_not_linked_again(self, client: Client, token: str) -> None:
        first = asked(client, token, key="k")
        assert asked(client, token, key="k").json() == first.json()
        again = asked(client, token, slug="another")
        assert (again.status_code, again.json()["code"]) == (409, "repository_linked")
        assert "as the project concierge" in again.json()["message"]
        assert Project.objects.count() == 1

    def test_its_former_name_leads_to_it(self, at: Place, client: Client, token: str) -> None:
        at.world.rename(at.hosted, "porter")
        assert asked(client, token).json()["slug"] == "porter"

    def test_the_token_is_kept_nowhere_and_told_to_nobody(
        self, at: Place, client: Client, token: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        eve = at.world.sign_in(at.world.user("eve")).value
        answers = [asked(client, one, key=f"key-{number}") for number, one in enumerate((token, eve, "ghp_wrong"))]
        assert [one.status_code for one in answers] == [201, 409, 409]
        said = [one.content.decode() for one in answers] + [caplog.text, *everything_kept()]
        assert not [one for one in said for text in (token, eve, "ghp_wrong") if text in one]

    def test_reading_does_not_make_it_one_s_own(self, at: Place, client: Client) -> None:
        at.hosted.private = False
        assert refused(asked(client, at.world.sign_in(at.world.user("eve")).value)) == "repository_not_yours"

    def test_nor_does_the_token_of_a_workflow_s_job(self, at: Place, client: Client) -> None:
        job = at.world.grant(at.world.installations[0], [at.hosted], {"metadata": "read", "contents": "write"}).value
        answer = asked(client, job)
        assert refused(answer) == "repository_not_yours"
        assert "workflow" in answer.json()["hint"]

    def test_what_the_token_does_not_see_is_not_there(self, at: Place, client: Client, token: str) -> None:
        assert refused(asked(client, at.world.sign_in(at.world.user("eve")).value)) == "repository_not_seen"
        assert refused(asked(client, token, "ada/nothing")) == "repository_not_seen"

    def test_a_token_that_is_dead_there_is_said(self, client: Client) -> None:
        answer = asked(client, "ghp_gone")
        assert refused(answer) == "code_host_token_refused"
        assert "Bad credentials" in answer.json()["message"]

    def test_without_the_app_there_it_is_said_where_to_install_it(self, at: Place, client: Client, token: str) -> None:
        at.world.commit(at.world.repository(at.owner, "other"), "main", {"agent.yml": github_world.AGENT})
        answer = asked(client, token, "ada/other")
        assert refused(answer) == "app_not_installed"
        assert f"{at.world.url}/github-apps/{at.app.slug}/installations/new" in answer.json()["hint"]

    def test_an_app_that_is_suspended_there_reads_nothing(self, at: Place, client: Client, token: str) -> None:
        at.world.installations[0].suspended = True
        assert refused(asked(client, token)) == "code_host_refused"

    def test_without_a_commit_there_is_nothing_to_deploy(self, at: Place, client: Client, token: str) -> None:
        at.world.installations[0].repositories.append(at.world.repository(at.owner, "empty"))
        assert refused(asked(client, token, "ada/empty")) == "repository_empty"

    def test_a_code_host_that_is_away_is_nobody_s_mistake(self, at: Place, client: Client, token: str) -> None:
        at.world.faults = [Fault("/repos/ada/concierge")]
        assert refused(asked(client, token), 503) == "code_host_failed"

    def test_no_other_host_is_asked(self, at: Place, client: Client, team: Team, token: str) -> None:
        assert refused(asked(client, token, host="127.0.0.1:9")) == "app_missing"
        github_apps.app(team=team)
        answer = asked(client, token)
        assert refused(answer) == "code_host_unclear"
        assert at.host in answer.json()["message"]
        assert at.world.asked == []

    def test_a_token_for_a_part_of_the_team_links_nothing(self, team: Team, owner: User, token: str) -> None:
        limited = program(team, owner, *Scope, environment="preview")
        assert refused(asked(limited, token), 403) == "not_allowed"

    def test_it_takes_more_than_deploying(self, team: Team, owner: User, token: str) -> None:
        assert refused(asked(program(team, owner, Scope.READ, Scope.DEPLOY), token), 403) == "not_allowed"


def everything_kept() -> Iterator[str]:
    """All rows of all tables, as text."""
    for model in apps.get_models():
        manager = model._base_manager  # also what is deleted
        yield from (json.dumps(row, default=bytes_too) for row in manager.values())


def bytes_too(value: object) -> str:
    return bytes(value).decode("latin-1") if isinstance(value, bytes | memoryview) else str(value)


@pytest.mark.parametrize(
    "name", ["", "ada", "ada/", "/concierge", "ada/..", "ada/.", "ada/a b", "ada/a/b", "ada/a?b", "../x", "a\r\nb/c"]
)
def test_what_is_no_repository_s_name_is_refused(client: Client, name: str) -> None:
    answer = asked(client, "ghp_token", name)
    assert refused(answer, 400) == "invalid"
    assert answer.json()["message"].startswith("repository:")


@pytest.mark.parametrize("token", ["", "two words", "ghp_ümlaut", "ghp_a\nX: y", "x" * 501])
def test_what_is_no_token_is_refused_without_saying_it_again(client: Client, token: str) -> None:
    answer = asked(client, token)
    assert refused(answer, 400) == "invalid"
    assert not token or token not in answer.content.decode()


def test_without_any_app_it_is_said_what_is_missing(client: Client) -> None:
    answer = asked(client, "ghp_token")
    assert refused(answer) == "app_missing"


def test_nobody_tries_tokens_by_it(client: Client) -> None:
    answers = [asked(client, f"ghp_{number}") for number in range(21)]
    assert {one.status_code for one in answers[:20]} == {409}
    assert refused(answers[20], 429) == "too_many_tries"
