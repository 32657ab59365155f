"""Trusted deploys: what a job of a code host must prove, and what it gets for it."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings as ours
from django.http import HttpResponse
from django.test import Client

from projects import tokens, trusted_deploys
from projects.models import AuditEntry, Environment, Project, User
from projects.trusted_deploys import Wanted
from tests import factories, github_world
from tests.github_world import Place

pytestmark = pytest.mark.django_db


@pytest.fixture
def at(tmp_path: Path, settings: Any) -> Iterator[Place]:
    with github_world.place(tmp_path) as found:
        settings.ACTIONS_ISSUER = found.world.issuer.url
        yield found


@pytest.fixture
def user() -> User:
    return factories.user()


@pytest.fixture
def project(user: User) -> Project:
    return factories.project(factories.team(user))


def trust(project: Project, user: User, at: Place, **changes: str) -> None:
    values = {
        "environment": "production",
        "repository_id": str(at.hosted.id),
        "owner_id": str(at.owner.id),
        "ref": "refs/heads/main",
        **changes,
    }
    trusted_deploys.trust(project, Wanted(**values), actor=user)


def proof(at: Place, **claims: Any) -> str:
    return at.world.issuer.token(at.hosted, ours.PUBLIC_URL, **claims)


def exchange(project: Project, token: str) -> HttpResponse:
    body = {"token": token, "team": project.team.slug, "project": project.slug}
    client = Client(headers={"X-Forwarded-For": str(uuid4())})
    answer: Any = client.post("/api/v1/oidc/exchange", body, content_type="application/json")
    return answer


def test_what_fits_gets_a_token_of_minutes_for_the_project_and_it_is_audited(
    project: Project, user: User, at: Place
) -> None:
    trust(project, user, at)
    answer = exchange(project, proof(at))
    assert answer.status_code == 201
    said = json.loads(answer.content)
    assert (said["environment"], said["expires_in"]) == ("production", 900)
    token = tokens.find(said["token"])
    assert token is not None
    assert (token.project, token.environment) == (project, "production")
    assert tokens.scopes_of(token) == {"read", "deploy"}
    entry = AuditEntry.objects.get(verb="deploy.trusted")
    assert entry.detail["repository"] == at.hosted.id


def test_each_proof_is_good_once(project: Project, user: User, at: Place) -> None:
    trust(project, user, at)
    token = proof(at)
    assert exchange(project, token).status_code == 201
    again = exchange(project, token)
    assert (again.status_code, json.loads(again.content)["code"]) == (409, "assertion_used")


@pytest.mark.parametrize(
    "claims",
    [
        {"repository_id": "1"},
        {"repository_owner_id": "1"},
        {"ref": "refs/heads/mainly"},
        {"ref": "refs/pull/1/merge", "event_name": "pull_request"},
        {"event_name": "pull_request"},
        {"event_name": "pull_request_target"},
        {"environment": "staging"},
        {"workflow_ref": "ada/concierge/.github/workflows/other.yml@refs/heads/main"},
    ],
)
def test_what_does_not_fit_gets_nothing(project: Project, user: User, at: Place, claims: dict[str, str]) -> None:
    trust(project, user, at, job_environment="live", workflow=".github/workflows/deploy.yml")
    said = {"environment": "live", **claims}
    answer = exchange(project, proof(at, **said))
    assert (answer.status_code, json.loads(answer.content)["code"]) == (409, "deploy_not_trusted")


def test_a_subject_that_says_otherwise_is_not_looked_at(project: Project, user: User, at: Place) -> None:
    trust(project, user, at)
    assert exchange(project, proof(at, sub="repository_owner_id:1:repository_id:2")).status_code == 201


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://token.actions.githubusercontent.com.evil.example"},
        {"aud": "https://elsewhere.example"},
        {"aud": ["several"]},
        {"exp": int(time.time()) - 60},
        {"nbf": int(time.time()) + 600},
        {"iat": int(time.time()) + 600},
        {"exp": None},
        {"exp": "soon"},
    ],
)
def test_what_is_for_another_place_or_time_is_not_believed(
    project: Project, user: User, at: Place, claims: dict[str, Any]
) -> None:
    trust(project, user, at)
    answer = exchange(project, proof(at, **claims))
    assert (answer.status_code, json.loads(answer.content)["code"]) == (409, "assertion_invalid")


@pytest.mark.parametrize("algorithm", ["none", "HS256", "RS512"])
def test_another_algorithm_is_not_believed(project: Project, user: User, at: Place, algorithm: str) -> None:
    trust(project, user, at)
    head, body, signature = proof(at).split(".")
    header = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
    other = base64.urlsafe_b64encode(json.dumps({**header, "alg": algorithm}).encode()).rstrip(b"=").decode()
    for forged in (f"{other}.{body}.{signature}", f"{other}.{body}."):
        assert exchange(project, forged).status_code == 409


@pytest.mark.parametrize("token", ["", "x", "a.b", "a.b.c", "é.é.é", "." * 50, "e30.e30."])
def test_what_is_no_proof_is_refused(project: Project, user: User, at: Place, token: str) -> None:
    trust(project, user, at)
    assert exchange(project, token).status_code in (400, 409)


def test_a_changed_claim_breaks_the_signature(project: Project, user: User, at: Place) -> None:
    trust(project, user, at)
    head, _body, signature = proof(at).split(".")
    other = proof(at, actor="mallory").split(".")[1]
    assert exchange(project, f"{head}.{other}.{signature}").status_code == 409


def test_a_project_that_is_not_there_is_as_one_that_does_not_trust(project: Project, at: Place) -> None:
    known = json.loads(exchange(project, proof(at)).content)
    project.slug = "nobody"
    assert json.loads(exchange(project, proof(at)).content) == known


class TestItsToken:
    def _client(self, project: Project, user: User, at: Place, environment: Environment) -> Client:
        trust(project, user, at, environment=environment)
        said = json.loads(exchange(project, proof(at)).content)
        return Client(headers={"Authorization": f"Bearer {said['token']}"})

    def test_for_previews_it_changes_no_production(self, project: Project, user: User, at: Place) -> None:
        live, preview = factories.ready(project), factories.ready(project, "feature")
        client = self._client(project, user, at, Environment.PREVIEW)
        assert (
            client.post(
                f"/api/v1/deployments/{preview.public_id}/redeploy", content_type="application/json"
            ).status_code
            == 201
        )
        for address in (f"deployments/{live.public_id}/redeploy", f"deployments/{preview.public_id}/promote"):
            answer = client.post(f"/api/v1/{address}")
            assert (answer.status_code, answer.json()["code"]) == (409, "wrong_environment")
        assert client.post(f"/api/v1/projects/{project.slug}/rollback").status_code == 409

    def test_it_is_never_more_than_who_trusted_may_do(self, project: Project, user: User, at: Place) -> None:
        client = self._client(project, user, at, Environment.PRODUCTION)
        project.team.memberships.update(role="viewer")
        live = factories.ready(project)
        assert (
            client.post(f"/api/v1/deployments/{live.public_id}/redeploy", content_type="application/json").status_code
            == 403
        )
