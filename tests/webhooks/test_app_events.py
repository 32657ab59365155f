"""What a code host tells of its app: installations, repositories as a whole, authorizations, checks."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest

from deployments.models import Deployment, DeploymentStatus, Route, RouteKind
from projects.models import CodeHostIdentity, Installation, Project, Repository
from tests import deliveries, factories, github_apps
from webhooks import processing
from webhooks.models import Delivery, DeliveryStatus

pytestmark = pytest.mark.django_db
REPOSITORY = deliveries.REPOSITORY_ID
ACCOUNT = {"id": github_apps.ACCOUNT_ID, "login": "octo-org"}


def told(event: str, payload: dict[str, Any]) -> Delivery:
    guid = str(uuid4())
    assert deliveries.send(json.dumps(payload).encode(), event=event, guid=guid).status_code == 202
    processing.process_all()
    row: Delivery = Delivery.objects.get(guid=guid)
    return row


def installation(
    action: str, *, number: int = 1, account: dict[str, Any] = ACCOUNT, ids: tuple[int, ...] = ()
) -> Delivery:
    repositories = [{"id": one} for one in ids]
    body = {"action": action, "installation": {"id": number, "account": account}, "repositories": repositories}
    return told("installation", body)


def repository(action: str, *, owner: int = github_apps.ACCOUNT_ID, name: str = "octo-org/agent") -> Delivery:
    body = {
        "id": REPOSITORY,
        "full_name": name,
        "clone_url": f"https://github.com/{name}.git",
        "default_branch": "trunk",
        "owner": {"id": owner, "login": name.partition("/")[0]},
    }
    return told("repository", {"action": action, "repository": body})


@pytest.fixture
def project() -> Project:
    """Linked, and read by an installation."""
    found = deliveries.linked_project()
    github_apps.installed(found.repository, github_apps.installation(found.team))
    return found


def repository_of(project: Project) -> Repository:
    row: Repository = Repository.objects.select_related("installation").get(pk=project.repository_id)
    return row


class TestInstallations:
    def test_one_that_is_suspended_and_active_again_keeps_its_repositories(self, project: Project) -> None:
        delivery = installation("suspend")
        assert (delivery.status, delivery.team) == (DeliveryStatus.PROCESSED, project.team)
        assert delivery.decision == "the app is suspended for octo-org"
        assert Installation.objects.get().suspended_at is not None
        installation("unsuspend")
        assert Installation.objects.get().suspended_at is None
        assert repository_of(project).installation is not None

    def test_one_that_is_removed_loses_them_and_says_why(self, project: Project) -> None:
        installation("deleted")
        assert (repository_of(project).installation, repository_of(project).lost) == (None, "uninstalled")

    def test_installed_anew_in_the_same_account_it_has_them_again(self, project: Project) -> None:
        installation("deleted")
        installation("created", number=2, ids=(REPOSITORY,))
        found = repository_of(project)
        assert found.installation is not None
        assert (found.installation.external_id, found.lost) == (2, "")

    def test_installed_by_somebody_else_it_has_them_not(self, project: Project) -> None:
        installation("deleted")
        delivery = installation("created", number=2, account={"id": 99, "login": "mallory"}, ids=(REPOSITORY,))
        assert repository_of(project).installation is None
        assert "no team here has linked it" in delivery.decision

    def test_a_repository_that_is_taken_out_is_lost_until_it_is_added_again(self, project: Project) -> None:
        where = {"installation": {"id": 1, "account": ACCOUNT}}
        one = {"id": REPOSITORY}
        told("installation_repositories", {**where, "repositories_removed": [one], "repositories_added": []})
        assert repository_of(project).installation is None
        told("installation_repositories", {**where, "repositories_removed": [], "repositories_added": [one]})
        assert repository_of(project).installation is not None


class TestRepositories:
    def test_renamed_it_goes_on(self, project: Project) -> None:
        delivery = repository("renamed", name="octo-org/concierge")
        found = repository_of(project)
        assert (found.full_name, found.clone_url) == ("octo-org/concierge", "https://github.com/octo-org/concierge.git")
        assert found.installation is not None
        assert delivery.decision == "the repository is called octo-org/concierge now; everything goes on"

    def test_transferred_to_somebody_else_it_is_theirs(self, project: Project) -> None:
        repository("transferred", owner=99, name="mallory/agent")
        found = repository_of(project)
        assert (found.installation, found.lost) == (None, "transferred to another account")

    def test_transferred_to_an_account_of_the_team_it_goes_on(self, project: Project) -> None:
        theirs = github_apps.installation(project.team, external_id=2, account=99)
        repository("transferred", owner=99, name="acme/agent")
        assert repository_of(project).installation == theirs

    def test_deleted_it_leaves_production_as_it_is(self, project: Project) -> None:
        live = factories.ready(project)
        repository("deleted")
        assert repository_of(project).lost == "deleted"
        assert Route.objects.get(kind=RouteKind.PRODUCTION).wanted == live

    def test_a_new_default_branch_leaves_production_where_the_project_says(self, project: Project) -> None:
        repository("edited")
        assert repository_of(project).default_branch == "trunk"
        assert Project.objects.get(pk=project.pk).production_branch == "main"

    def test_one_that_nobody_linked_is_ignored(self) -> None:
        assert repository("deleted").status == DeliveryStatus.IGNORED


class TestBranchesAndChecks:
    def test_a_deleted_branch_takes_its_preview_down(self, project: Project) -> None:
        factories.ready(project, "feature")
        told("delete", {"ref": "feature", "ref_type": "branch", "repository": {"id": REPOSITORY}})
        assert Route.objects.get(kind=RouteKind.BRANCH).wanted is None

    def test_a_deleted_tag_changes_nothing(self) -> None:
        delivery = told("delete", {"ref": "v1", "ref_type": "tag", "repository": {"id": REPOSITORY}})
        assert delivery.status == DeliveryStatus.IGNORED

    def _check(self, action: str, sha: str, named: str = "") -> Delivery:
        check = {"head_sha": sha, "external_id": named}
        return told("check_run", {"action": action, "check_run": check, "repository": {"id": REPOSITORY}})

    def test_re_run_deploys_the_same_commit_again(self, project: Project) -> None:
        before = factories.ready(project)
        delivery = self._check("rerequested", before.push.after, before.public_id)
        assert delivery.decision == f"{project.slug}: deploys it again"
        newest = Deployment.objects.latest("pk")
        assert (newest.push, newest.source, newest.status) == (before.push, "redeploy", DeploymentStatus.QUEUED)

    def test_re_run_of_what_is_under_way_is_not_a_second_one(self, project: Project) -> None:
        queued = factories.pushed(project)
        assert "under way already" in self._check("rerequested", queued.push.after).decision
        assert Deployment.objects.count() == 1

    def test_re_run_of_another_project_s_check_is_not_this_one_s(self, project: Project) -> None:
        before = factories.ready(project)
        assert "another project's check" in self._check("rerequested", before.push.after, "another:1").decision
        again = self._check("rerequested", before.push.after, f"{project.slug}:1")
        assert again.decision == f"{project.slug}: deploys it again"

    def test_a_check_that_is_created_asks_for_nothing(self) -> None:
        assert self._check("created", "a" * 40).status == DeliveryStatus.IGNORED


def test_a_revoked_authorization_is_noted() -> None:
    user = factories.user()
    CodeHostIdentity.objects.create(user=user, host="github.com", external_id=5, login="ada")
    told("github_app_authorization", {"action": "revoked", "sender": {"id": 5, "login": "ada"}})
    assert CodeHostIdentity.objects.get().revoked_at is not None


def test_each_team_reads_its_own_decision_and_not_the_other_s() -> None:
    first, second = deliveries.linked_project(), deliveries.linked_project()
    decisions = deliveries.processed("push__1_commit").decisions
    assert decisions[str(first.team_id)] == f"{first.slug}: deploys"
    assert decisions[str(second.team_id)] == f"{second.slug}: deploys"


class TestWhoseSecret:
    def test_a_host_with_an_app_signs_with_the_app_s(self) -> None:
        github_apps.app()
        assert deliveries.post("ping").status_code == 401
        body = json.dumps(deliveries.recorded("ping")).encode()
        signature = deliveries.sign(github_apps.SECRET, body)
        assert deliveries.send(body, event="ping", signature=signature).status_code == 202

    def test_what_lives_here_is_signed_with_the_installation_s(self) -> None:
        github_apps.app()
        assert deliveries.send(b"{}", event="ping", host="origin").status_code == 202

    def test_no_host_speaks_for_another(self) -> None:
        github_apps.app()
        body = b"{}"
        signature = deliveries.sign(github_apps.SECRET, body)
        for host in ("origin", "github.example.com"):
            assert deliveries.send(body, event="ping", signature=signature, host=host).status_code == 401

    def test_an_app_that_was_made_anew_is_believed_at_once_and_the_old_secret_no_more(self) -> None:
        first = github_apps.app()
        body = b"{}"
        old = deliveries.sign(github_apps.SECRET, body)
        assert deliveries.send(body, event="ping", signature=old).status_code == 202
        first.delete()
        assert deliveries.send(body, event="ping", signature=old).status_code == 401
