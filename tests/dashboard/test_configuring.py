"""Variables, tokens, pushes and audit on the dashboard."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from projects import tokens
from projects.actions import audit_unsealing
from projects.models import AuditEntry, Membership, Project, Role, Team, Variable
from projects.secrets import unseal
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def person() -> Client:
    return Client()


def _signed_in(person: Client, role: Role = Role.OWNER) -> tuple[Client, str, str]:
    user = factories.user()
    team = factories.team()
    Membership.objects.create(team=team, user=user, role=role)
    project = factories.project(team)
    person.force_login(user)
    return person, team.slug, project.slug


def test_a_variable_is_kept_and_its_value_is_shown_nowhere(person: Client) -> None:
    person, team, project = _signed_in(person)
    address = f"/{team}/{project}/variables"
    person.post(address, {"name": "OPENAI_API_KEY", "value": "sk-very-secret", "environment": "production"})
    page = person.get(address).content.decode()
    assert "OPENAI_API_KEY" in page
    assert "sk-very-secret" not in page
    assert unseal(Variable.objects.get(project__slug=project).version) == "sk-very-secret"


def test_a_plain_variable_is_shown_and_changed_where_it_stands(person: Client) -> None:
    person, team, project = _signed_in(person)
    address = f"/{team}/{project}/variables"
    person.post(address, {"name": "MODE", "value": 'kind "<b>"', "environment": "production", "plain": "1"})
    page = person.get(address).content.decode()
    assert 'value="kind &quot;&lt;b&gt;&quot;"' in page
    person.post(address, {"name": "MODE", "value": "brief", "environment": "production", "plain": "1"})
    assert 'value="brief"' in person.get(address).content.decode()


def test_a_viewer_sees_plain_values_and_no_form(person: Client) -> None:
    person, team, project = _signed_in(person, Role.VIEWER)
    factories.set_plain(Project.objects.get(slug=project), "MODE", "kind")
    page = person.get(f"/{team}/{project}/variables").content.decode()
    assert "<code>kind</code>" in page
    assert 'name="value"' not in page


def test_a_name_of_the_platform_s_own_is_refused_with_the_reason(person: Client) -> None:
    person, team, project = _signed_in(person)
    body = {"name": "DEXTO_COMMIT", "value": "v", "environment": "production"}
    assert (
        "set by the platform itself" in person.post(f"/{team}/{project}/variables", body, follow=True).content.decode()
    )


def test_the_audit_page_says_who_unsealed_what_and_goes_back_page_by_page(person: Client) -> None:
    person, team, _project = _signed_in(person)
    found = Team.objects.get(slug=team)
    audit_unsealing(found, "abc123def", ["OPENAI_API_KEY", "MODE"], why="start", node="node-1")
    assert "MODE, OPENAI_API_KEY" in person.get(f"/{team}/-/audit").content.decode()
    AuditEntry.objects.bulk_create(AuditEntry(team=found, verb="x", subject=f"s{number}") for number in range(120))
    newest = person.get(f"/{team}/-/audit").content.decode()
    assert "OPENAI_API_KEY" not in newest
    older = re.search(r"\?before=\d+", newest)
    assert older is not None
    assert "OPENAI_API_KEY" in person.get(f"/{team}/-/audit{older[0]}").content.decode()
    assert person.get(f"/{team}/-/audit?before=x{'9' * 40}").status_code == 200


def test_a_wrong_name_says_what_a_name_may_be(person: Client) -> None:
    person, team, project = _signed_in(person)
    address = f"/{team}/{project}/variables"
    answer = person.post(address, {"name": "2X", "value": "v", "environment": "production"}, follow=True)
    assert "cannot be a variable" in answer.content.decode()
    assert not Variable.objects.filter(project__slug=project).exists()


def test_a_pasted_env_file_is_saved_whole(person: Client) -> None:
    person, team, project = _signed_in(person)
    address = f"/{team}/{project}/variables"
    pasted = "# of the shop\nexport KEY='hidden words'\nMODE=kind # or stern\n"
    page = person.post(address, {"pasted": pasted, "environment": "preview"}, follow=True).content.decode()
    assert "2 variables are saved." in page and "hidden words" not in page
    rows = Variable.objects.filter(project__slug=project, environment="preview").select_related("version")
    assert {row.name: unseal(row.version) for row in rows} == {"KEY": "hidden words", "MODE": "kind"}


@pytest.mark.parametrize(("pasted", "said"), [("A=1\nno name", "Line 2: "), ("A=1\n2X=2", "cannot be a variable")])
def test_a_pasted_env_file_with_a_wrong_line_saves_nothing(person: Client, pasted: str, said: str) -> None:
    person, team, project = _signed_in(person)
    body = {"pasted": pasted, "environment": "preview"}
    assert said in person.post(f"/{team}/{project}/variables", body, follow=True).content.decode()
    assert not Variable.objects.filter(project__slug=project).exists()


def test_a_variable_s_history_is_a_link_away(person: Client) -> None:
    person, team, project = _signed_in(person)
    address = f"/{team}/{project}/variables"
    for name in ("KEY", "OTHER", "KEY"):
        person.post(address, {"name": name, "value": "v", "environment": "preview"})
    history = f"/{team}/-/audit?about={project}/KEY"
    assert history in person.get(address).content.decode()
    assert len(person.get(history).context["entries"]) == 2


def test_a_viewer_may_look_but_not_set(person: Client) -> None:
    person, team, project = _signed_in(person, Role.VIEWER)
    address = f"/{team}/{project}/variables"
    assert person.get(address).status_code == 200
    assert person.post(address, {"name": "A", "value": "v", "environment": "production"}).status_code == 403


def test_a_new_token_is_shown_once_and_works_until_it_is_revoked(person: Client) -> None:
    person, team, _project = _signed_in(person)
    address = f"/{team}/-/tokens"
    made = person.post(address, {"name": "laptop", "scope": ["read", "deploy"]}).content.decode()
    text = re.search(r"dexto_[\w-]{40,}", made)
    assert text is not None
    assert text[0] not in person.get(address).content.decode()
    found = tokens.find(text[0])
    assert found is not None
    assert tokens.scopes_of(found) == {tokens.Scope.READ, tokens.Scope.DEPLOY}
    person.post(f"{address}/{found.pk}/revoke")
    assert tokens.find(text[0]) is None


def test_nobody_mints_more_than_their_role_allows(person: Client) -> None:
    person, team, _project = _signed_in(person, Role.VIEWER)
    made = person.post(f"/{team}/-/tokens", {"name": "x", "scope": ["read", "admin"]}).content.decode()
    text = re.search(r"dexto_[\w-]{40,}", made)
    assert text is not None
    found = tokens.find(text[0])
    assert found is not None
    assert found.scopes == ["read"]


def test_a_push_says_why_it_did_not_deploy(person: Client) -> None:
    user = factories.user()
    project = factories.project(factories.team(user))
    factories.pushed(project, message="docs only [skip ci]")
    person.force_login(user)
    page = person.get(f"/{project.team.slug}/{project.slug}/pushes").content.decode()
    assert "skipped: the commit&#x27;s message says [skip ci]" in page


def test_why_a_commit_did_not_deploy_is_found_by_it(person: Client) -> None:
    user = factories.user()
    project = factories.project(factories.team(user))
    skipped, other = factories.pushed(project, message="docs [skip ci]"), factories.pushed(project, "other")
    person.force_login(user)
    address = f"/{project.team.slug}/{project.slug}/pushes"
    for words in (skipped.push.after[:38] + skipped.push.after[38:].upper(), "main"):
        page = person.get(address, {"q": words}).content.decode()
        assert "says [skip ci]" in page and other.push.after[:40] not in page
        assert len(person.get(address, {"q": words}).context["pushes"]) == 1
    assert "was told to this project" in person.get(address, {"q": "f" * 40}).content.decode()


@pytest.mark.parametrize("number", ["\u00b2", "9" * 40, "--1", "-", "1e3"])
def test_a_number_that_is_none_is_left_out(person: Client, number: str) -> None:
    person, team, project = _signed_in(person)
    for path in (f"/{team}/{project}", f"/{team}/-/deliveries", f"/{team}/-/audit"):
        assert person.get(path, {"before": number}).status_code == 200


def test_what_was_done_is_in_the_audit(person: Client) -> None:
    person, team, project = _signed_in(person)
    person.post(f"/{team}/{project}/variables", {"name": "A", "value": "v", "environment": "preview"})
    assert AuditEntry.objects.filter(team__slug=team, verb="variable.set").count() == 1
    assert "variable.set" in person.get(f"/{team}/-/audit").content.decode()


def test_settings_are_changed_and_checked(person: Client) -> None:
    person, team, slug = _signed_in(person)
    address = f"/{team}/{slug}/settings"
    person.post(
        address, {"production_branch": "release", "root": "agents/shop/", "watch_paths": "agents/\r\n!*.md\r\n"}
    )
    project = Project.objects.get(slug=slug)
    assert (project.production_branch, project.root) == ("release", "agents/shop")
    assert project.watch_paths == ["agents/", "!*.md"]
    assert re.search(r"<textarea[^>]*>agents/\n!\*\.md</textarea>", person.get(address).content.decode())
    assert (project.ignore_command, project.supersede) == ("", True)
    person.post(
        address, {"production_branch": "main", "ignore_command": " git diff --quiet HEAD^ ", "supersede": "all"}
    )
    project.refresh_from_db()
    assert (project.ignore_command, project.supersede) == ("git diff --quiet HEAD^", False)
    page = person.get(address).content.decode()
    assert re.search(r"<textarea[^>]*></textarea>", page)
    assert 'value="git diff --quiet HEAD^"' in page
    assert '<option value="all" selected>' in page
    refused = person.post(address, {"production_branch": "main", "ignore_command": "a\nb"}, follow=True)
    assert "is one line of up to 500 characters" in refused.content.decode()
    refused = person.post(address, {"production_branch": "main", "root": "../etc", "watch_paths": ""}, follow=True)
    assert "is not a folder of the repository" in refused.content.decode()


def test_a_project_is_deleted_by_who_types_its_name(person: Client) -> None:
    person, team, slug = _signed_in(person)
    refused = person.post(f"/{team}/{slug}/delete", {"name": "another"}, follow=True).content.decode()
    assert f"That is not {slug}: nothing was deleted." in refused
    assert person.post(f"/{team}/{slug}/delete", {"name": f" {slug} "}, follow=True).redirect_chain[0][0] == f"/{team}"
    assert person.get(f"/{team}/{slug}").status_code == 404
    assert AuditEntry.objects.filter(team__slug=team, verb="project.deleted", subject=slug).exists()


def test_a_viewer_deletes_no_project(person: Client) -> None:
    person, team, slug = _signed_in(person)
    Membership.objects.filter(team__slug=team).update(role=Role.VIEWER)
    assert "Delete this project" not in person.get(f"/{team}/{slug}/settings").content.decode()
    assert person.post(f"/{team}/{slug}/delete", {"name": slug}).status_code == 403
    assert Project.objects.filter(slug=slug).exists()
