"""The pages: signing in, looking, the buttons, and the headers of everything."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from builds.models import Build, Bundle, Step
from dashboard.middleware import POLICY
from dashboard.sign_in import link_for
from deployments import actions
from deployments.models import Deployment, DeploymentStatus, Route, RouteKind
from projects.models import Membership, Project, Role, Team, User
from tests import factories

pytestmark = pytest.mark.django_db
PASSWORD = "a long enough one"


@pytest.fixture
def user() -> User:
    return factories.user()


@pytest.fixture
def team(user: User) -> Team:
    return factories.team(user, "acme")


@pytest.fixture
def project(team: Team) -> Project:
    return factories.project(team, "agent")


@pytest.fixture
def person(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def path_of(deployment: Deployment, verb: str = "") -> str:
    return f"/acme/agent/deployments/{deployment.public_id}{f'/{verb}' if verb else ''}"


def production() -> Route:
    return Route.objects.select_related("wanted").get(kind=RouteKind.PRODUCTION)


class TestSigningIn:
    def test_by_name_and_password(self, team: Team) -> None:
        user = factories.user("ada", PASSWORD)
        Membership.objects.create(team=team, user=user, role=Role.VIEWER)
        client = Client()
        assert client.get("/acme").headers["Location"] == "/sign-in?next=/acme"
        answer = client.post("/sign-in?next=/acme", {"username": "ada", "password": PASSWORD, "next": "/acme"})
        assert answer.headers["Location"] == "/acme"
        assert client.get("/acme").status_code == 200
        assert client.post("/sign-out").status_code == 302
        assert client.get("/acme").status_code == 302

    def test_a_wrong_password_says_no_more_than_that(self) -> None:
        factories.user("ada", PASSWORD)
        texts = []
        for name in ("ada", "nobody"):
            answer = Client().post("/sign-in", {"username": name, "password": "wrong"})
            assert answer.status_code == 200
            texts.append("do not fit together" in answer.content.decode())
        assert texts == [True, True]

    def test_nobody_is_sent_to_another_site(self) -> None:
        factories.user("ada", PASSWORD)
        form = {"username": "ada", "password": PASSWORD, "next": "https://evil.example/"}
        assert Client().post("/sign-in", form).headers["Location"] == "/"

    def test_a_link_signs_in_once_and_a_look_at_it_uses_nothing_up(self, user: User) -> None:
        path = link_for(user).partition("/sign-in/")[2]
        client = Client()
        for _look in range(2):
            assert client.get(f"/sign-in/{path}").status_code == 200
        assert client.post(f"/sign-in/{path}").headers["Location"] == "/"
        again = Client().post(f"/sign-in/{path}", follow=True)
        assert "used already" in again.content.decode()

    @pytest.mark.parametrize("token", ["x", "a:b:c", "%00"])
    def test_a_link_that_nobody_made_is_refused(self, token: str) -> None:
        assert Client().get(f"/sign-in/{token}").headers["Location"] == "/sign-in"

    def test_a_form_from_another_site_is_refused(self, user: User, project: Project) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(user)
        deployment = factories.pushed(project)
        assert client.post(path_of(deployment, "cancel")).status_code == 403
        deployment.refresh_from_db()
        assert deployment.is_active


class TestPages:
    def test_every_page_is_served_with_the_policy(self, person: Client, project: Project) -> None:
        deployment = factories.ready(project)
        paths = ["/sign-in", "/acme", "/acme/agent", path_of(deployment), "/nowhere", "/acme/-/audit"]
        for path in paths:
            assert person.get(path, follow=True).headers["Content-Security-Policy"] == POLICY
        assert "unsafe" not in POLICY
        assert "default-src 'none'" in POLICY

    def test_no_page_needs_what_the_policy_forbids(self, person: Client, project: Project) -> None:
        deployment = factories.ready(project)
        for path in ("/acme", "/acme/agent", path_of(deployment), "/acme/-/tokens", "/acme/agent/variables"):
            page = person.get(path).content.decode()
            assert "<style" not in page
            assert ' style="' not in page
            assert "onclick" not in page
            assert '<script src="' in page
            assert page.count("<script") == page.count("<script src=")

    def test_home_leads_to_the_only_team(self, person: Client, team: Team, user: User) -> None:
        assert person.get("/").headers["Location"] == "/acme"
        factories.team(user)
        assert team.slug in person.get("/").content.decode()

    def test_who_is_in_no_team_is_told_what_to_do(self) -> None:
        client = Client()
        client.force_login(factories.user())
        assert "no team yet" in client.get("/").content.decode()

    @pytest.mark.usefixtures("team")
    def test_a_new_project_says_how_to_push(self, person: Client) -> None:
        answer = person.post("/acme", {"slug": "agent"}, follow=True)
        assert "/git/agent.git" in answer.content.decode()
        refused = person.post("/acme", {"slug": "Not A Name"}, follow=True)
        assert "cannot be a project" in refused.content.decode()

    def test_a_deployment_that_failed_says_why_and_where(self, person: Client, project: Project) -> None:
        deployment = factories.pushed(project)
        error = {
            "code": "yaml_syntax",
            "message": "A bracket is open.",
            "hint": "Close it.",
            "file": "agent.yml",
            "line": 3,
        }
        Deployment.objects.update(status=DeploymentStatus.FAILED, error=error)
        page = person.get(path_of(deployment)).content.decode()
        for words in ("A bracket is open.", "Close it.", "agent.yml:3", "yaml_syntax"):
            assert words in page

    def test_what_a_stranger_wrote_is_text(self, person: Client, project: Project) -> None:
        deployment = factories.pushed(project, message="<script>alert(1)</script>")
        for path in ("/acme", "/acme/agent", path_of(deployment)):
            page = person.get(path).content.decode()
            assert "<script>alert" not in page
            assert "&lt;script&gt;" in page

    def test_the_status_alone_is_for_refreshing(self, person: Client, project: Project) -> None:
        deployment = factories.ready(project)
        part = person.get(f"{path_of(deployment)}?part=status").content.decode()
        assert "<html" not in part
        assert deployment.push.message in part

    @pytest.mark.parametrize("status", DeploymentStatus)
    def test_a_deployment_in_every_state_has_its_page(
        self, person: Client, project: Project, status: DeploymentStatus
    ) -> None:
        deployment = factories.pushed(project)
        Deployment.objects.update(status=status)
        assert status.label in person.get(path_of(deployment)).content.decode()
        assert person.get("/acme/agent").status_code == 200

    def test_older_deployments_are_a_page_further(self, person: Client, project: Project) -> None:
        for _ in range(32):
            factories.pushed(project)
        first = person.get("/acme/agent")
        assert "Older deployments" in first.content.decode()
        older = person.get("/acme/agent", {"before": first.context["older"]})
        assert len(older.context["deployments"]) == 2
        assert person.get("/acme/agent?before=x").status_code == 200


class TestBesideProduction:
    """What a person wants to know before they promote."""

    OUTLINE: ClassVar[dict[str, Any]] = {
        "model": "openai/gpt-5",
        "tools": {"search": "1"},
        "prompts": {"system prompt": "1"},
    }

    def outlined(self, deployment: Deployment, size: int, **changes: Any) -> Deployment:
        Bundle.objects.filter(pk=deployment.bundle_id).update(outline={"main": {**self.OUTLINE, **changes}}, size=size)
        return deployment

    def test_it_says_what_is_other(self, person: Client, project: Project) -> None:
        factories.set_plain(project, "MODE", "kind")
        live = self.outlined(factories.ready(project), 1000)
        assert "Beside production" not in person.get(path_of(live)).content.decode()
        shown = self.outlined(factories.ready(project, "feature"), 3048, model="openai/gpt-6", tools={})
        page = person.get(path_of(shown)).content.decode()
        for words in (
            "model: openai/gpt-5 → openai/gpt-6",
            "tool search is gone",
            "MODE is not set",
            "2.0\xa0KB larger",
        ):
            assert words in page
        assert "prompt system prompt" not in page

    def test_another_value_is_said_and_never_shown(self, person: Client, project: Project) -> None:
        factories.set_plain(project, "MODE", "kind")
        before = self.outlined(factories.ready(project), 1)
        factories.set_plain(project, "MODE", "stern")
        self.outlined(factories.ready(project), 1)
        page = person.get(path_of(before)).content.decode()
        assert "MODE has another value" in page and "stern" not in page

    def test_the_same_is_said_to_be_the_same(self, person: Client, project: Project) -> None:
        before = self.outlined(factories.ready(project), 1)
        self.outlined(factories.ready(project), 1)
        assert "The same agent, with the same variables" in person.get(path_of(before)).content.decode()


class TestQueries:
    """A page takes the same number of queries however much there is."""

    def count(self, person: Client, path: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert person.get(path).status_code == 200
        return len(captured)

    def test_a_team_with_many_projects(self, person: Client, project: Project) -> None:
        factories.ready(project)
        few = self.count(person, "/acme")
        for _ in range(4):
            factories.ready(factories.project(project.team))
        assert self.count(person, "/acme") == few

    def test_a_project_with_many_deployments(self, person: Client, project: Project) -> None:
        factories.ready(project)
        factories.ready(project)
        few = self.count(person, "/acme/agent")
        for number in range(5):
            factories.ready(project, f"branch-{number}")
        assert self.count(person, "/acme/agent") == few

    def test_a_deployment_with_many_steps(self, person: Client, project: Project) -> None:
        deployment = factories.ready(project)
        few = self.count(person, path_of(deployment))
        build = Build.objects.select_related("stream").get(pk=deployment.build_id)
        for number in range(5):
            Step.objects.create(team=project.team, stream=build.stream, position=number, name=f"step {number}")
        assert self.count(person, path_of(deployment)) == few

    @pytest.mark.parametrize("path", ["/acme/agent/pushes", "/acme/-/audit", "/acme/agent/variables"])
    def test_the_other_lists(self, person: Client, project: Project, path: str) -> None:
        factories.ready(project)
        few = self.count(person, path)
        for _ in range(5):
            actions.promote(factories.ready(project), actor=None)
        assert self.count(person, path) == few


class TestButtons:
    def test_rollback_and_its_undo(self, person: Client, project: Project) -> None:
        first, second = factories.ready(project), factories.ready(project)
        assert "Roll back to this" in person.get(path_of(first)).content.decode()
        person.post(path_of(first, "rollback"))
        assert production().wanted == first
        page = person.get("/acme/agent").content.decode()
        assert "Production was rolled back." in page
        person.post("/acme/agent/undo-rollback")
        assert production().wanted == second
        assert "Production was rolled back." not in person.get("/acme/agent").content.decode()

    def test_promote_leads_to_the_new_deployment(self, person: Client, project: Project) -> None:
        factories.ready(project)
        preview = factories.ready(project, "feature")
        answer = person.post(path_of(preview, "promote"))
        promoted = Deployment.objects.latest("pk")
        assert promoted.environment == "production"
        assert answer.headers["Location"] == path_of(promoted)

    def test_redeploy_and_cancel(self, person: Client, project: Project) -> None:
        deployment = factories.ready(project)
        person.post(path_of(deployment, "redeploy"))
        again = Deployment.objects.latest("pk")
        assert "Cancel" in person.get(path_of(again)).content.decode()
        person.post(path_of(again, "cancel"))
        again.refresh_from_db()
        assert again.status == DeploymentStatus.CANCELLED

    def test_a_refused_click_says_why_and_what_next(self, person: Client, project: Project) -> None:
        deployment = factories.ready(project)
        page = person.post(path_of(deployment, "rollback"), follow=True).content.decode()
        assert "Production points at it already. Choose an earlier deployment." in page

    def test_why_a_rollback_would_be_refused_is_said_before_the_click(self, person: Client, project: Project) -> None:
        first, _second = factories.ready(project), factories.ready(project)
        Deployment.objects.filter(pk=first.pk).update(bundle=None)
        page = person.get(path_of(first)).content.decode()
        assert "Rollback is not possible: Its bundle is no longer kept." in page
        assert "Roll back to this" not in page

    def test_what_a_deployment_lacks_is_said_and_again_before_a_rollback(
        self, person: Client, project: Project
    ) -> None:
        first, _second = factories.ready(project), factories.ready(project)
        Deployment.objects.filter(pk=first.pk).update(bundle=factories.bundle(project, "MODEL_KEY"))
        page = person.get(path_of(first)).content.decode()
        assert "<code>MODEL_KEY</code> was not set when this deployment was made." in page
        assert "It would run without MODEL_KEY." in page
        assert "Roll back to this" in page

    @pytest.mark.parametrize("verb", ["rollback", "promote", "redeploy", "cancel"])
    def test_who_may_only_look_has_no_buttons(self, project: Project, verb: str) -> None:
        viewer = factories.user()
        Membership.objects.create(team=project.team, user=viewer, role=Role.VIEWER)
        client = Client()
        client.force_login(viewer)
        deployment = factories.ready(project)
        page = client.get(path_of(deployment)).content.decode()
        assert f"/{verb}" not in page
        refused: Any = client.post(path_of(deployment, verb))
        assert refused.status_code == 403
        assert "Ask an owner" in refused.content.decode()

    def test_a_button_that_is_none_is_404(self, person: Client, project: Project) -> None:
        assert person.post(path_of(factories.ready(project), "explode")).status_code == 404
        assert person.get(path_of(factories.ready(project), "cancel")).status_code == 405
