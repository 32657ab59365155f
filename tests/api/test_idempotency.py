"""A request with an idempotency key does its work once, however often and however concurrently it comes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections
from django.test import Client

from projects import tokens
from projects.models import Project, Team, User
from projects.tokens import Scope
from tests import factories


def _client(team: Team, user: User, name: str = "all") -> Client:
    token = tokens.mint(team, user, name, scopes=frozenset(Scope))
    return Client(headers={"Authorization": f"Bearer {token}"})


def _post(client: Client, path: str, key: str, **body: Any) -> Any:
    headers = {"Idempotency-Key": key}
    return client.post(f"/api/v1/{path}", body, content_type="application/json", headers=headers)


@pytest.fixture
def team() -> Team:
    return factories.team(factories.user())


@pytest.fixture
def client_of_team(team: Team) -> Client:
    return _client(team, team.memberships.get().user)


@pytest.mark.django_db
class TestOnce:
    def test_the_same_request_again_is_answered_as_the_first_was(self, client_of_team: Client) -> None:
        first, second = (_post(client_of_team, "projects", "k1", slug="agent") for _ in range(2))
        assert (first.status_code, second.status_code) == (201, 201)
        assert first.json() == second.json() and second["Idempotent-Replayed"] == "true"
        assert Project.objects.count() == 1

    def test_a_key_stands_for_one_request(self, client_of_team: Client) -> None:
        assert _post(client_of_team, "projects", "k1", slug="agent").status_code == 201
        other = _post(client_of_team, "projects", "k1", slug="another")
        assert (other.status_code, other.json()["code"]) == (409, "idempotency_key")

    def test_what_was_refused_may_be_asked_again(self, client_of_team: Client, team: Team) -> None:
        taken = factories.project(team, "agent")
        assert _post(client_of_team, "projects", "k1", slug="agent").json()["code"] == "name_taken"
        Project.objects.filter(pk=taken.pk).delete()
        assert _post(client_of_team, "projects", "k1", slug="agent").status_code == 201

    def test_another_team_s_keys_are_its_own(self, client_of_team: Client) -> None:
        other = factories.team(factories.user())
        assert _post(client_of_team, "projects", "k1", slug="agent").status_code == 201
        assert _post(_client(other, other.memberships.get().user), "projects", "k1", slug="bot").status_code == 201

    def test_a_key_without_an_end_is_refused(self, client_of_team: Client) -> None:
        assert _post(client_of_team, "projects", "k" * 201, slug="agent").json()["code"] == "idempotency_key"

    def test_a_deployment_is_made_again_once(self, client_of_team: Client, team: Team) -> None:
        deployment = factories.ready(factories.project(team, "agent"))
        path = f"deployments/{deployment.public_id}/redeploy"
        assert len({_post(client_of_team, path, "k1").json()["id"] for _ in range(3)}) == 1


@pytest.mark.django_db(transaction=True)
def test_requests_at_the_same_time_do_the_work_once(team: Team, client_of_team: Client) -> None:
    def ask(_number: int) -> int:
        try:
            return int(_post(client_of_team, "projects", "k1", slug="agent").status_code)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, range(8))) == [201] * 8
    assert Project.objects.for_team(team).count() == 1
