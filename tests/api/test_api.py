"""What the API answers, and in which shape it refuses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from builds import logs
from builds.models import Step
from projects import tokens
from projects.models import Project, Team, User
from projects.tokens import Scope
from tests import factories
from tests.git import repository

pytestmark = pytest.mark.django_db


@pytest.fixture
def user() -> User:
    return factories.user()


@pytest.fixture
def team(user: User) -> Team:
    return factories.team(user)


@pytest.fixture
def project(team: Team) -> Project:
    return factories.project(team, "agent")


@pytest.fixture
def api(team: Team, user: User) -> Client:
    token = tokens.mint(team, user, "all", scopes=frozenset(Scope))
    return Client(headers={"Authorization": f"Bearer {token}"})


def post(api: Client, path: str, /, **body: Any) -> Any:
    return api.post(f"/api/v1/{path}", body, content_type="application/json")


class TestErrors:
    """One shape, whatever went wrong."""

    def check(self, answer: Any, status: int, code: str) -> None:
        assert answer.status_code == status
        body = answer.json()
        assert body["code"] == code
        assert body["message"]
        assert body["hint"]
        assert answer["Content-Type"] == "application/problem+json"
        assert (body["title"], body["detail"], body["status"]) == (body["message"], body["hint"], status)
        assert body["type"] == f"urn:dexto-cloud:{code}"

    def test_not_signed_in(self) -> None:
        self.check(Client().get("/api/v1/me"), 401, "not_signed_in")

    def test_not_allowed(self, team: Team, user: User) -> None:
        token = tokens.mint(team, user, "reads", scopes=frozenset({Scope.READ}))
        self.check(post(Client(headers={"Authorization": f"Bearer {token}"}), "projects", slug="x"), 403, "not_allowed")

    @pytest.mark.parametrize("path", ["projects/nowhere", "deployments/nothing00", "nothing", "pushes", "", "a/b/c"])
    def test_not_found(self, api: Client, path: str) -> None:
        self.check(api.get(f"/api/v1/{path}"), 404, "not_found")

    def test_a_method_that_is_none(self, api: Client) -> None:
        self.check(api.delete("/api/v1/me"), 405, "method_not_allowed")

    def test_another_media_type(self, api: Client) -> None:
        self.check(api.post("/api/v1/projects", {"slug": "x"}), 415, "media_type")

    @pytest.mark.parametrize(
        "body",
        [
            *("{", "[]", '"text"', '{"slug": {}}', '{"slug": ""}', "{}", "null"),
            *('{"slug": "x", "more": {"\\u0000": 1}}', '{"slug": "x", "more": ["\\ud800"]}', "[" * 100_000),
        ],
    )
    def test_a_body_that_is_not_as_described(self, api: Client, body: str) -> None:
        answer = api.post("/api/v1/projects", body, content_type="application/json")
        self.check(answer, 400, "invalid")

    def test_what_the_person_can_mend(self, api: Client, project: Project) -> None:
        self.check(post(api, "projects", slug=project.slug), 409, "name_taken")
        self.check(post(api, "projects/agent/rollback"), 409, "nothing_to_roll_back")
        self.check(post(api, "projects", slug="a-git-b"), 409, "name_reserved")


class TestProjects:
    def test_a_new_one_says_where_to_push(self, api: Client, team: Team) -> None:
        answer = post(api, "projects", slug="agent")
        assert answer.status_code == 201
        assert answer.json()["git_url"].endswith("/git/agent.git")
        assert (answer.json()["team"], answer.json()["auto_assign"]) == (team.slug, True)
        assert [one["slug"] for one in api.get("/api/v1/projects").json()] == ["agent"]

    def test_a_path_of_the_machine_is_for_the_installation_s_owner(
        self, api: Client, user: User, tmp_path: Path
    ) -> None:
        folder = repository(tmp_path / "mine")
        assert post(api, "projects", slug="agent", path=str(folder)).status_code == 403
        User.objects.filter(pk=user.pk).update(is_superuser=True)
        assert post(api, "projects", slug="agent", path=str(folder)).status_code == 201
        assert post(api, "projects", slug="other", path=str(tmp_path)).json()["code"] == "no_repository"

    def test_one_that_is_deleted_is_gone_and_its_name_is_free(
        self, api: Client, project: Project, team: Team, user: User
    ) -> None:
        limited = tokens.mint(team, user, "one", scopes=frozenset(Scope), project=project)
        other = Client(headers={"Authorization": f"Bearer {limited}"})
        assert other.delete("/api/v1/projects/agent").status_code == 403
        assert api.delete("/api/v1/projects/agent").status_code == 204
        assert api.get("/api/v1/projects/agent").status_code == 404
        assert api.delete("/api/v1/projects/agent").status_code == 404
        assert post(api, "projects", slug="agent").status_code == 201

    def test_its_urls_are_those_of_production(self, api: Client, project: Project) -> None:
        factories.ready(project)
        factories.ready(project, "feature")
        (url,) = api.get("/api/v1/projects/agent").json()["urls"]
        assert url.startswith("http://agent.localhost")


class TestDeployments:
    def test_the_newest_comes_first_and_can_be_narrowed(self, api: Client, project: Project) -> None:
        first, second = factories.ready(project), factories.ready(project, "feature")
        path = "/api/v1/projects/agent/deployments"
        assert [one["id"] for one in api.get(path).json()] == [second.public_id, first.public_id]
        assert [one["id"] for one in api.get(path, {"branch": "main"}).json()] == [first.public_id]
        assert [one["id"] for one in api.get(path, {"commit": first.push.after}).json()] == [first.public_id]

    def test_it_comes_in_pages_that_new_ones_do_not_move(self, api: Client, project: Project) -> None:
        made = [factories.ready(project, f"b{number}").public_id for number in range(5)]
        page = api.get("/api/v1/projects/agent/deployments", {"limit": "2"})
        assert 'rel="next"' in page["Link"] and 'rel="prev"' not in page["Link"]
        factories.ready(project)
        seen = [one["id"] for one in page.json()]
        while 'rel="next"' in page.get("Link", ""):
            page = api.get(page["Link"].partition("<")[2].partition(">")[0])
            seen += [one["id"] for one in page.json()]
        assert seen == made[::-1]
        assert api.get("/api/v1/projects/agent/deployments", {"cursor": "nonsense"}).status_code == 404

    def test_it_is_filtered_by_each_thing_that_is_known(self, api: Client, project: Project) -> None:
        one, other = factories.ready(project), factories.ready(project, "feature")
        path = "/api/v1/projects/agent/deployments"
        for name, value in [("status", "ready"), ("author", "ada"), ("destination", "local")]:
            assert len(api.get(path, {name: value}).json()) == 2, name
            assert api.get(path, {name: "another"}).json() == [], name
        assert [found["id"] for found in api.get(path, {"environment": "preview"}).json()] == [other.public_id]
        assert [found["id"] for found in api.get(path, {"environment": "production"}).json()] == [one.public_id]

    def test_one_says_all_that_is_known(self, api: Client, project: Project) -> None:
        deployment = factories.ready(project)
        found = api.get(f"/api/v1/deployments/{deployment.public_id}").json()
        assert (found["status"], found["branch"], found["environment"]) == ("ready", "main", "production")
        assert (found["commit"], found["author"]) == (deployment.push.after, "ada")
        assert set(found["urls"]) == {"production", "branch", "deployment"}
        assert found["bundle"] == deployment.bundle.digest  # type: ignore[union-attr]
        assert all(found["streams"].values())

    def test_rollback_says_that_pushes_wait_and_undo_that_they_do_not(self, api: Client, project: Project) -> None:
        first, second = factories.ready(project), factories.ready(project)
        back = post(api, "projects/agent/rollback").json()
        assert (back["deployment"], back["auto_assign"]) == (first.public_id, False)
        assert back["hostname"] == "agent.localhost"
        again = post(api, "projects/agent/undo-rollback").json()
        assert (again["deployment"], again["auto_assign"]) == (second.public_id, True)

    def test_rollback_takes_the_one_that_is_named(self, api: Client, project: Project) -> None:
        first, _second, _third = (factories.ready(project) for _ in range(3))
        back = post(api, "projects/agent/rollback", deployment=first.public_id).json()
        assert back["deployment"] == first.public_id

    def test_promote_redeploy_and_cancel(self, api: Client, project: Project) -> None:
        preview = factories.ready(project, "feature")
        promoted = post(api, f"deployments/{preview.public_id}/promote").json()
        assert (promoted["environment"], promoted["source"]) == ("production", "promote")
        again = post(api, f"deployments/{preview.public_id}/redeploy")
        assert (again.status_code, again.json()["source"]) == (201, "redeploy")
        stopped = post(api, f"deployments/{again.json()['id']}/cancel").json()
        assert stopped["status"] == "cancelled"

    def test_steps_and_lines(self, api: Client, project: Project) -> None:
        deployment = factories.ready(project)
        assert deployment.build is not None
        stream = deployment.build.stream
        Step.objects.create(team=stream.team, stream=stream, position=0, name="fetch", outcome="done")
        logs.append(stream, [logs.entry("fetch", "one"), logs.entry("fetch", "two")])
        logs.end_stream(stream)
        path = f"/api/v1/deployments/{deployment.public_id}"
        assert [step["name"] for step in api.get(f"{path}/steps").json()] == ["fetch"]
        page = api.get(f"{path}/logs/build", {"after": 0}).json()
        assert ([line["text"] for line in page["lines"]], page["ended"]) == (["two"], True)
        assert api.get(f"{path}/logs/nothing").json() == {"lines": [], "ended": True}
        assert api.get(f"{path}/logs/build", {"after": "x"}).json()["lines"]

    @pytest.mark.parametrize("path", ["projects/agent/deployments", "projects"])
    def test_a_longer_list_takes_no_more_queries(self, api: Client, project: Project, path: str) -> None:
        factories.ready(project)
        few = self.queries(api, path)
        for number in range(4):
            factories.ready(project, f"branch-{number}")
            factories.ready(factories.project(project.team))
        assert self.queries(api, path) == few

    def queries(self, api: Client, path: str) -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert api.get(f"/api/v1/{path}").status_code == 200
        return len(captured)


@pytest.mark.usefixtures("project")
class TestVariables:
    def test_a_value_is_never_shown(self, api: Client) -> None:
        body = {"name": "KEY", "value": "hunter2", "environment": "production"}
        assert "hunter2" not in post(api, "projects/agent/variables", **body).content.decode()
        listed = api.get("/api/v1/projects/agent/variables")
        assert [one["name"] for one in listed.json()] == ["KEY"]
        assert "hunter2" not in listed.content.decode()

    def test_it_is_removed_where_it_was_set(self, api: Client) -> None:
        for environment in ("production", "preview"):
            post(api, "projects/agent/variables", name="KEY", value="v", environment=environment)
        path = "/api/v1/projects/agent/variables/KEY"
        assert api.delete(f"{path}?environment=preview").status_code == 204
        assert api.delete(f"{path}?environment=preview").status_code == 404
        left = api.get("/api/v1/projects/agent/variables").json()
        assert [one["environment"] for one in left] == ["production"]

    def test_a_plain_value_is_shown_and_becomes_secret_when_it_is_set_so(self, api: Client) -> None:
        body = {"name": "MODE", "value": "kind", "environment": "production"}
        assert post(api, "projects/agent/variables", **body, secret=False).json()["value"] == "kind"
        (listed,) = api.get("/api/v1/projects/agent/variables").json()
        assert (listed["secret"], listed["value"]) == (False, "kind")
        assert post(api, "projects/agent/variables", **body).json()["value"] is None
        (listed,) = api.get("/api/v1/projects/agent/variables").json()
        assert (listed["secret"], listed["value"]) == (True, None)

    @pytest.mark.parametrize("name", ["DEXTO_API_KEYS", "DEXTO_CORS_ORIGINS", "DEXTO_MODEL_BASE_URL"])
    def test_the_runtime_s_own_settings_may_be_set(self, api: Client, name: str) -> None:
        assert post(api, "projects/agent/variables", name=name, value="v", environment="production").status_code == 201

    @pytest.mark.parametrize("name", ["", "1A", "A-B", "DEXTO_SOCKET", "A B", "ü", "A" * 201])
    def test_a_name_that_no_process_can_have_is_refused(self, api: Client, name: str) -> None:
        answer = post(api, "projects/agent/variables", name=name, value="v", environment="production")
        assert answer.status_code in (400, 409)
        assert answer.json()["code"] in ("invalid", "variable_name", "variable_reserved")


def test_the_description_names_every_address() -> None:
    answer = Client().get("/api/v1/schema", headers={"Accept": "application/json"})
    assert answer.status_code == 200
    assert b"/api/v1/projects/{slug}/rollback" in answer.content
    assert b"{rest}" not in answer.content


class TestMetrics:
    def test_they_are_the_project_s_by_step(self, api: Client, project: Project) -> None:
        live, quiet = factories.ready(project), factories.ready(project, "idea")
        factories.busy(live)
        said = api.get("/api/v1/projects/agent/metrics").json()
        assert (said["range"], said["step_seconds"], len(said["series"])) == ("1h", 60, 60)
        assert said["total"]["requests"] == sum(one["requests"] for one in said["series"]) > 1_000
        assert said["total"]["p50"] < said["total"]["p95"] < said["total"]["p99"]
        assert 0 < said["total"]["error_rate"] < 1
        assert [one["deployment"] for one in said["deployments"]] == [live.public_id]
        assert live.public_id in [one["deployment"] for one in said["production_changes"]]
        alone = api.get(f"/api/v1/projects/agent/metrics?range=7d&deployment={quiet.public_id}").json()
        assert (alone["range"], alone["deployment"], alone["total"]["requests"]) == ("7d", quiet.public_id, 0)
        assert alone["total"]["p50"] is None

    def test_what_is_asked_must_exist(self, api: Client, project: Project) -> None:
        other = factories.ready(factories.project())
        assert project.slug == "agent"
        assert api.get("/api/v1/projects/agent/metrics?range=2y").json()["code"] == "invalid"
        assert api.get(f"/api/v1/projects/agent/metrics?deployment={other.public_id}").status_code == 404
        assert api.get("/api/v1/projects/agent/metrics?deployment=%00").status_code == 200
