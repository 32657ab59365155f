"""Tokens, people, what happened and the queue: what the team's pages do, asked by a program."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from projects import invitations, tokens
from projects.actions import audit
from projects.models import ApiToken, Environment, Membership, Operation, Project, Role, Team, User
from projects.tokens import Scope
from tests import factories
from webhooks.models import Delivery

pytestmark = pytest.mark.django_db


@pytest.fixture
def user() -> User:
    return factories.user("ada")


@pytest.fixture
def team(user: User) -> Team:
    return factories.team(user)


@pytest.fixture
def project(team: Team) -> Project:
    return factories.project(team, "agent")


def holding(team: Team, user: User, *scopes: Scope, **limits: Any) -> Client:
    token = tokens.mint(team, user, "a token", scopes=frozenset(scopes), **limits)
    return Client(headers={"Authorization": f"Bearer {token}"})


def post(api: Client, path: str, /, **body: Any) -> Any:
    return api.post(f"/api/v1/{path}", body, content_type="application/json")


@pytest.fixture
def api(team: Team, user: User) -> Client:
    return holding(team, user, *Scope)


class TestTokens:
    def test_a_new_one_works_is_listed_without_its_text_and_ends_when_it_is_revoked(self, api: Client) -> None:
        made = post(api, "tokens", name="laptop", scopes=["read"], expires_in_days=3).json()
        own = Client(headers={"Authorization": f"Bearer {made['token']}"})
        assert own.get("/api/v1/me").json()["scopes"] == ["read"]
        listed = api.get("/api/v1/tokens")
        assert [one["name"] for one in listed.json()] == ["laptop", "a token"]
        assert made["token"] not in listed.content.decode()
        assert api.delete(f"/api/v1/tokens/{made['id']}").status_code == 204
        assert own.get("/api/v1/me").status_code == 401
        assert [one["name"] for one in api.get("/api/v1/tokens").json()] == ["a token"]

    @pytest.mark.parametrize("scope", [Scope.DEPLOY, Scope.ADMIN])
    def test_none_makes_one_that_may_more_than_itself(self, team: Team, user: User, scope: Scope) -> None:
        api = holding(team, user, Scope.READ, Scope.CONFIGURE)
        refused = post(api, "tokens", name="more", scopes=["read", scope.value])
        assert (refused.status_code, refused.json()["code"]) == (409, "token_too_wide")
        assert not ApiToken.objects.filter(name="more").exists()

    def test_nor_one_that_may_more_than_its_owner_s_role(self, user: User, api: Client) -> None:
        Membership.objects.filter(user=user).update(role=Role.MEMBER)
        assert post(api, "tokens", name="more", scopes=["admin"]).json()["code"] == "token_too_wide"
        assert post(api, "tokens", name="same", scopes=["configure"]).status_code == 201

    def test_its_limits_are_handed_down(self, team: Team, user: User, project: Project) -> None:
        ends = timezone.now() + timedelta(days=1)
        api = holding(team, user, *Scope, project=project, environment="preview", expires_at=ends)
        factories.project(team, "other")
        assert post(api, "tokens", name="x", scopes=["read"], project="other").status_code == 404
        refused = post(api, "tokens", name="x", scopes=["read"], environment="production")
        assert refused.json()["code"] == "wrong_environment"
        assert post(api, "tokens", name="x", scopes=["read"], expires_in_days=9).status_code == 201
        made = ApiToken.objects.get(name="x")
        assert (made.project, made.environment, made.expires_at) == (project, "preview", ends)

    def test_one_of_a_project_sees_and_revokes_only_that_project_s(self, team: Team, user: User) -> None:
        tokens.mint(team, user, "whole", scopes=frozenset({Scope.READ}))
        limited = holding(team, user, *Scope, project=factories.project(team))
        whole = ApiToken.objects.get(project=None)
        assert len(limited.get("/api/v1/tokens").json()) == 1
        assert limited.delete(f"/api/v1/tokens/{whole.pk}").status_code == 404

    def test_another_person_s_are_not_there(self, team: Team, api: Client) -> None:
        other = factories.user()
        Membership.objects.create(team=team, user=other)
        theirs = tokens.find(tokens.mint(team, other, "theirs", scopes=frozenset({Scope.READ})))
        assert theirs is not None
        assert [one["name"] for one in api.get("/api/v1/tokens").json()] == ["a token"]
        assert api.delete(f"/api/v1/tokens/{theirs.pk}").status_code == 404


class TestPeople:
    def test_an_invitation_s_link_brings_somebody_in_once(self, api: Client) -> None:
        made = post(api, "invitations", note="Grace", role="viewer").json()
        assert made["url"].startswith("http")
        found = invitations.find(made["url"].rpartition("/")[2])
        assert found is not None
        (waiting,) = api.get("/api/v1/invitations").json()
        assert (waiting["note"], waiting["role"], waiting["invited_by"]) == ("Grace", "viewer", "ada")
        assert Client().get(made["url"]).status_code == 200, "the page knows the link"
        invitations.accept(found, factories.user("grace"))
        assert api.get("/api/v1/invitations").json() == []
        assert {"user": "grace", "role": "viewer"} in api.get("/api/v1/members").json()

    def test_one_that_is_withdrawn_works_no_more(self, api: Client) -> None:
        made = post(api, "invitations", note="Grace").json()
        assert api.delete(f"/api/v1/invitations/{made['id']}").status_code == 204
        assert invitations.find(made["url"].rpartition("/")[2]) is None

    @pytest.mark.parametrize("limit", ["project", "environment"])
    def test_a_token_for_a_part_of_the_team_invites_nobody(
        self, team: Team, user: User, project: Project, limit: str
    ) -> None:
        limits: dict[str, Any] = {"project": project} if limit == "project" else {"environment": "preview"}
        assert post(holding(team, user, *Scope, **limits), "invitations", note="x").status_code == 403


class TestHistory:
    def test_the_audit_is_narrowed_to_what_and_to_whom(self, api: Client, team: Team, user: User) -> None:
        audit(team, user, "variable.set", "agent/KEY", environment="production")
        audit(team, None, "deploy.trusted", "agent")
        (entry,) = api.get("/api/v1/audit", {"about": "agent/KEY"}).json()
        assert (entry["person"], entry["verb"]) == ("ada", "variable.set")
        assert entry["detail"] == {"environment": "production"}
        assert all(one["person"] == "ada" for one in api.get("/api/v1/audit", {"person": "ada"}).json())
        (machine,) = api.get("/api/v1/audit", {"verb": "deploy.trusted"}).json()
        assert machine["person"] is None

    def test_a_delivery_says_to_each_team_its_own_and_can_be_replayed(
        self, api: Client, user: User, project: Project
    ) -> None:
        delivery: Delivery = factories.numbered(project, user)["deliveries/<int:pk>/replay"]
        (listed,) = api.get("/api/v1/deliveries", {"status": "ignored"}).json()
        assert (listed["guid"], listed["decision"]) == (delivery.guid, "deploys")
        replayed = post(api, f"deliveries/{delivery.pk}/replay")
        assert (replayed.status_code, replayed.json()["status"]) == (202, "received")

    def test_a_token_of_one_environment_replays_nothing(self, team: Team, user: User, project: Project) -> None:
        delivery: Delivery = factories.numbered(project, user)["deliveries/<int:pk>/replay"]
        limited = holding(team, user, *Scope, environment="preview")
        assert post(limited, f"deliveries/{delivery.pk}/replay").status_code == 403


@pytest.mark.usefixtures("project")
class TestTrust:
    def test_a_policy_is_made_listed_and_removed(self, api: Client) -> None:
        wanted = {"environment": "preview", "repository_id": 5, "owner_id": 7, "ref": "refs/heads/*"}
        made = post(api, "projects/agent/trusted", **wanted).json()
        (listed,) = api.get("/api/v1/projects/agent/trusted").json()
        assert listed == made
        assert {name: made[name] for name in wanted} == wanted
        assert post(api, "projects/agent/trusted", **{**wanted, "ref": "main"}).json()["code"] == "policy_invalid"
        assert api.delete(f"/api/v1/projects/agent/trusted/{made['id']}").status_code == 204
        assert api.get("/api/v1/projects/agent/trusted").json() == []

    def test_a_token_of_one_environment_trusts_for_that_alone(self, team: Team, user: User) -> None:
        api = holding(team, user, *Scope, environment="preview")
        wanted = {"repository_id": 5, "owner_id": 7, "ref": "refs/heads/main"}
        refused = post(api, "projects/agent/trusted", environment="production", **wanted)
        assert refused.json()["code"] == "wrong_environment"
        assert post(api, "projects/agent/trusted", environment="preview", **wanted).status_code == 201


class TestQueue:
    @pytest.fixture
    def failed(self, project: Project, user: User) -> Operation:
        found: Operation = factories.numbered(project, user)["queue/operations/<int:pk>/repeat"]
        return found

    def test_only_the_operator_sees_it(self, api: Client, failed: Operation) -> None:
        for path in ("queue", "queue/operations"):
            assert api.get(f"/api/v1/{path}").status_code == 403
        assert post(api, f"queue/operations/{failed.pk}/repeat").status_code == 403

    def test_the_operator_sees_what_failed_and_repeats_it(self, api: Client, user: User, failed: Operation) -> None:
        User.objects.filter(pk=user.pk).update(is_superuser=True)
        (kind,) = [one for one in api.get("/api/v1/queue").json()["kinds"] if one["kind"] == failed.kind]
        assert kind["failed"] == 1
        (listed,) = api.get("/api/v1/queue/operations", {"status": "failed"}).json()
        assert (listed["id"], listed["may_repeat"]) == (failed.pk, True)
        again = post(api, f"queue/operations/{failed.pk}/repeat")
        assert (again.status_code, again.json()["status"]) == (202, "queued")
        assert post(api, f"queue/operations/{again.json()['id']}/repeat").json()["code"] == "operation_not_repeatable"


class TestServing:
    def test_what_serves_is_named_with_its_log(self, api: Client, project: Project) -> None:
        deployment = factories.ready(project)
        place = api.get("/api/v1/projects/agent/logs").json()[0]
        assert (place["key"], place["deployment"]) == (deployment.public_id, deployment.public_id)
        assert place["place"].startswith("production")
        assert api.get(f"/api/v1/projects/agent/logs/{place['key']}").json() == {"lines": [], "ended": False}

    def test_a_preview_is_compared_with_production(self, api: Client, project: Project) -> None:
        live, preview = factories.ready(project), factories.ready(project, "feature")
        beside = api.get(f"/api/v1/deployments/{preview.public_id}/beside-production").json()
        assert (beside["production"], beside["bytes_more"]) == (live.public_id, 0)
        itself = api.get(f"/api/v1/deployments/{live.public_id}/beside-production").json()
        assert itself["production"] is None

    def test_a_deployment_by_itself_is_enough_to_roll_back_to(self, api: Client, project: Project) -> None:
        first, _second = factories.ready(project), factories.ready(project)
        back = post(api, f"deployments/{first.public_id}/rollback").json()
        assert (back["deployment"], back["auto_assign"]) == (first.public_id, False)

    def test_a_few_letters_find_projects_and_deployments(self, api: Client, project: Project) -> None:
        deployment = factories.ready(project, "feature")
        found = api.get("/api/v1/find", {"q": "age"}).json()
        assert [(one["kind"], one["id"]) for one in found] == [("project", "agent")]
        found = api.get("/api/v1/find", {"q": deployment.push.after[:8]}).json()
        assert [(one["kind"], one["id"]) for one in found] == [("deployment", deployment.public_id)]
        assert api.get("/api/v1/find", {"q": "a"}).json() == []


def test_production_is_for_tokens_that_may(team: Team, user: User, project: Project) -> None:
    first, _second = factories.ready(project), factories.ready(project)
    limited = holding(team, user, *Scope, environment=Environment.PREVIEW)
    assert post(limited, f"deployments/{first.public_id}/rollback").json()["code"] == "wrong_environment"
