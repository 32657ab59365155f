"""A deployment's page: what was found, where it is at the code host, and what a person can do about it."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from builds.models import Build
from deployments import actions, pipeline
from deployments.models import Deployment, Push
from projects import tokens
from projects.models import AuditEntry, Project
from projects.tokens import Scope
from tests import factories

pytestmark = pytest.mark.django_db
FINDING: dict[str, Any] = {
    "severity": "error",
    "code": "unknown_key",
    "file": "agent.yml",
    "line": 6,
    "column": 1,
    "message": "The key <promts> is not known.",
    "hint": "Did you mean prompts?",
    "targets": [],
    "frame": {"start": 5, "lines": ["  apiKey: $KEY", "promts: [<b>]"], "column": 3},
}


@pytest.fixture
def project() -> Project:
    return factories.project(slug="agent")


@pytest.fixture
def person(project: Project) -> Client:
    client = Client()
    client.force_login(project.team.memberships.get().user)
    return client


def found(project: Project, finding: dict[str, Any] = FINDING) -> Deployment:
    deployment = factories.ready(project)
    Build.objects.filter(pk=deployment.build_id).update(findings=[finding])
    return deployment


def path_of(deployment: Deployment, verb: str = "") -> str:
    project = deployment.project
    path = f"/{project.team.slug}/{project.slug}/deployments/{deployment.public_id}"
    return f"{path}/{verb}" if verb else path


def shown(person: Client, deployment: Deployment) -> str:
    return person.get(path_of(deployment)).content.decode()


def asking(project: Project) -> Client:
    token = tokens.mint(project.team, project.team.memberships.get().user, "t", scopes=frozenset(Scope))
    return Client(headers={"Authorization": f"Bearer {token}"})


class TestFindings:
    def test_the_lines_around_are_shown_as_text_with_a_caret(self, person: Client, project: Project) -> None:
        page = shown(person, found(project))
        assert "  apiKey: $KEY" in page
        assert "promts: [&lt;b&gt;]</mark>" in page
        assert ">  ^</span>" in page

    def test_the_place_leads_to_the_commit_at_the_code_host(self, person: Client, project: Project) -> None:
        Project.objects.update(root="agents/a b")
        deployment = found(project)
        url = f"https://github.com/acme/agent/blob/{deployment.push.after}/agents/a%20b/agent.yml#L6"
        assert f'href="{url}"' in shown(person, deployment)

    def test_what_was_uploaded_or_lives_here_leads_nowhere(self, person: Client, project: Project) -> None:
        deployment = found(project)
        Push.objects.update(uploaded=True)
        page = shown(person, deployment)
        assert "agent.yml:6" in page
        assert "/blob/" not in page
        assert "/blob/" not in shown(person, found(factories.hosted_project(project.team)))

    def test_a_finding_of_an_earlier_build_has_its_place_only(self, person: Client, project: Project) -> None:
        page = shown(person, found(project, {key: value for key, value in FINDING.items() if key != "frame"}))
        assert "agent.yml:6" in page
        assert 'class="frame"' not in page

    def test_the_api_answers_them(self, project: Project) -> None:
        answer = asking(project).get(f"/api/v1/deployments/{found(project).public_id}")
        assert answer.json()["findings"] == [FINDING]


class TestRedeploying:
    def test_with_and_without_what_earlier_builds_left(self, person: Client, project: Project) -> None:
        deployment = factories.ready(project)
        for verb, fresh in (("redeploy", False), ("rebuild", True)):
            page = person.post(path_of(deployment, verb), follow=True).content.decode()
            assert Build.objects.latest("pk").fresh is fresh
            assert (">without cache<" in page) is fresh
        assert AuditEntry.objects.filter(verb="deployment.redeployed").latest("pk").detail["cache"] is False

    def test_the_api_says_which_it_was(self, project: Project) -> None:
        deployment = factories.ready(project)
        path = f"/api/v1/deployments/{deployment.public_id}/redeploy"
        client = asking(project)
        for body, fresh in (({}, False), ({"cache": True}, False), ({"cache": False}, True)):
            made = client.post(path, body, content_type="application/json")
            assert (made.status_code, made.json()["without_cache"]) == (201, fresh)
        assert client.post(path, {"cache": "perhaps"}, content_type="application/json").status_code == 400

    def test_what_was_uploaded_is_not_built_here(self, person: Client, project: Project) -> None:
        deployment = factories.ready(project)
        Push.objects.update(uploaded=True)
        assert "without cache" not in shown(person, deployment)
        assert (
            "nothing of it is built here" in person.post(path_of(deployment, "rebuild"), follow=True).content.decode()
        )

    def test_a_fork_s_waits_for_its_approval_and_is_built_so_then(self, project: Project) -> None:
        deployment = actions.redeploy(factories.ready(project), actor=None, cache=False)
        Deployment.objects.filter(pk=deployment.pk).update(build=None)
        waiting = Deployment.objects.with_everything().get(pk=deployment.pk)
        pipeline.start_build(waiting)
        assert Build.objects.latest("pk").fresh


class TestDeleting:
    def test_a_person_is_asked_and_the_page_says_that_it_is_gone(self, person: Client, project: Project) -> None:
        preview = factories.ready(project, "feature")
        assert "Delete this deployment" in shown(person, preview)
        page = person.post(path_of(preview, "delete"), follow=True).content.decode()
        assert ">deleted<" in page
        assert "Delete this deployment" not in page
        assert "Promote to production" not in page
        assert "Redeploy" in page

    def test_what_may_not_be_deleted_says_why(self, person: Client, project: Project) -> None:
        live = factories.ready(project)
        page = shown(person, live)
        assert "It cannot be deleted. It serves production." in page
        assert "Delete this deployment" not in page
        assert "It serves production." in person.post(path_of(live, "delete"), follow=True).content.decode()
        assert Deployment.objects.get(pk=live.pk).deleted_at is None

    def test_by_the_api_it_is_gone_once_and_for_all(self, project: Project) -> None:
        live, preview = factories.ready(project), factories.ready(project, "feature")
        client = asking(project)
        for _ in range(2):
            assert client.delete(f"/api/v1/deployments/{preview.public_id}").status_code == 204
        found = client.get(f"/api/v1/deployments/{preview.public_id}").json()
        assert found["deleted_at"] is not None
        assert found["urls"] == {}
        refused = client.delete(f"/api/v1/deployments/{live.public_id}")
        assert (refused.status_code, refused.json()["code"]) == (409, "deployment_live")
