"""Deploys of bundles that were made elsewhere: what is missing, what is sent, what becomes of it."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from builds.models import Blob, Bundle
from builds.storage import object_store
from builds.upload import BlobPlace
from core.targets import Platform, Target
from deployments.changes import CHANGED
from deployments.models import Deployment, DeploymentStatus, Destination, Push, Route, RouteKind
from projects import tokens
from projects.models import (
    ApiToken,
    AuditEntry,
    Environment,
    Installation,
    Operation,
    OutboxEvent,
    Project,
    Repository,
)
from projects.tokens import Scope
from tests import factories
from webhooks.reconciling import State, reconcile

pytestmark = pytest.mark.django_db

CODE, PROMPT = b"export default 1\n", b"# One\n"


def digest(content: bytes) -> str:
    return sha256(content).hexdigest()


def manifest(*contents: bytes, target: str = "nodejs") -> dict[str, Any]:
    files = [["index.mjs", digest(CODE), len(CODE), 0o644]]
    files += [[f"files/{number}", digest(one), len(one), 0o644] for number, one in enumerate(contents)]
    return {
        "version": 1,
        "target": target,
        "entry": "index.mjs",
        "files": files,
        "required_variables": [],
        "provenance": [],
        "storage": {},
    }


class Uploading:
    """Somebody with a token, and a project to send to."""

    def __init__(self, project: Project, *scopes: Scope, environment: str = "", only: Project | None = None) -> None:
        self.project = project
        user = project.team.memberships.get().user
        held = frozenset(scopes or {Scope.READ, Scope.DEPLOY})
        token = tokens.mint(project.team, user, "ci", scopes=held, project=only, environment=environment)
        self.client = Client(headers={"Authorization": f"Bearer {token}"})
        self.place = f"/api/v1/projects/{project.slug}"

    def missing(self, wanted: dict[str, Any]) -> Any:
        return self.client.post(f"{self.place}/bundles/missing", {"manifest": wanted}, content_type="application/json")

    def send(self, *contents: bytes, called: str = "") -> Any:
        files = {called or digest(one): SimpleUploadedFile("blob", one) for one in contents}
        return self.client.post(f"{self.place}/blobs", files)

    def deploy(self, wanted: dict[str, Any], key: str = "run-1", **values: Any) -> Any:
        body = {"manifest": wanted, "key": key, **values}
        return self.client.post(f"{self.place}/deployments", body, content_type="application/json")

    def deployed(self, **values: Any) -> Deployment:
        self.send(CODE, PROMPT)
        answer = self.deploy(manifest(PROMPT), **values)
        assert answer.status_code == 201, answer.content
        found: Deployment = Deployment.objects.with_everything().get(public_id=answer.json()["id"])
        return found


@pytest.fixture
def project() -> Project:
    return factories.project()


@pytest.fixture
def uploading(project: Project) -> Uploading:
    return Uploading(project)


def test_only_what_the_team_does_not_have_is_missing(uploading: Uploading) -> None:
    assert uploading.missing(manifest(PROMPT)).json()["missing"] == [digest(CODE), digest(PROMPT)]
    assert uploading.send(CODE).status_code == 204
    assert uploading.missing(manifest(PROMPT)).json()["missing"] == [digest(PROMPT)]
    refused = uploading.deploy(manifest(PROMPT))
    assert (refused.status_code, refused.json()["code"]) == (409, "blobs_missing")
    assert not Bundle.objects.exists()


def test_another_team_s_contents_are_not_ours(uploading: Uploading) -> None:
    Uploading(factories.project()).send(CODE)
    assert uploading.missing(manifest()).json()["missing"] == [digest(CODE)]


def test_it_is_released_as_a_built_one_is_and_says_where_it_came_from(uploading: Uploading) -> None:
    finding = {"severity": "info", "code": "a_code", "file": "agent.yml", "line": 1, "column": 1}
    said = {**finding, "message": "A sentence.", "hint": "", "targets": []}
    made = uploading.deployed(
        branch="main", commit="b" * 40, message="a change", author="ada", findings=[said], environment="production"
    )
    assert (made.source, made.status, made.environment) == ("upload", "queued", "production")
    assert (made.branch, made.push.after, made.push.author) == ("main", "b" * 40, "ada")
    assert made.bundle is not None
    assert made.bundle.digest == digest(object_store().get(made.bundle.manifest_key))
    assert made.findings == [said]
    assert Operation.objects.filter(kind="release", subject_id=made.pk).exists()
    assert AuditEntry.objects.filter(verb="deployment.uploaded", subject=made.public_id).exists()
    factories.running(made)
    live = factories.live(made)
    assert Route.objects.get(kind=RouteKind.PRODUCTION, project=made.project).wanted == live
    page = uploading.client.get(f"{uploading.place}/deployments").json()[0]
    assert (page["source"], page["findings"], page["commit"]) == ("upload", [said], "b" * 40)


def test_the_same_bundle_and_key_are_one_deployment(uploading: Uploading) -> None:
    first = uploading.deployed()
    again = uploading.deploy(manifest(PROMPT))
    assert (again.status_code, again.json()["id"]) == (200, first.public_id)
    assert uploading.deploy(manifest(PROMPT), key="run-2").status_code == 201
    assert uploading.deploy(manifest()).status_code == 201
    assert (Deployment.objects.count(), Bundle.objects.count()) == (3, 2)


def test_a_content_that_is_another_is_not_taken(uploading: Uploading) -> None:
    refused = uploading.send(PROMPT, called=digest(CODE))
    assert (refused.status_code, refused.json()["code"]) == (409, "blob_mismatch")
    assert not Blob.objects.exists()


def test_a_size_that_is_another_is_not_believed(uploading: Uploading) -> None:
    uploading.send(CODE)
    wanted = manifest()
    wanted["files"][0][2] += 1
    assert uploading.deploy(wanted).json()["code"] == "blob_mismatch"


def test_too_much_at_once_is_413(uploading: Uploading) -> None:
    refused = uploading.client.post(f"{uploading.place}/blobs", {}, headers={"Content-Length": str(2**26)})
    assert (refused.status_code, refused.json()["code"]) == (413, "too_large")


def test_what_is_kept_for_a_team_has_its_limit(uploading: Uploading, settings: Any) -> None:
    settings.TEAM_STORED_BYTES = len(CODE)
    assert uploading.send(CODE).status_code == 204
    before = set(object_store().keys(f"blobs/{uploading.project.team_id}/"))
    assert uploading.send(PROMPT).json()["code"] == "quota_stored_bytes"
    assert set(object_store().keys(f"blobs/{uploading.project.team_id}/")) == before
    settings.TEAM_DEPLOYMENTS_PER_DAY = 1
    assert uploading.deploy(manifest()).status_code == 201
    assert uploading.deploy(manifest(), key="run-2").json()["code"] == "quota_deployments"
    assert Push.objects.count() == 1


def test_a_token_for_one_environment_goes_there_and_nowhere_else(project: Project) -> None:
    bound = Uploading(project, environment="production", only=project)
    assert bound.deployed().environment == Environment.PRODUCTION
    refused = bound.deploy(manifest(PROMPT), environment="preview")
    assert (refused.status_code, refused.json()["code"]) == (409, "wrong_environment")
    preview = Uploading(project, environment="preview", only=project)
    assert preview.deploy(manifest(PROMPT), environment="production").json()["code"] == "wrong_environment"
    assert preview.deploy(manifest(PROMPT), key="another", branch="main").json()["environment"] == "preview"


def test_a_token_for_one_project_sees_no_other(project: Project) -> None:
    other = factories.project(project.team)
    bound = Uploading(other, only=project)
    for answer in (bound.missing(manifest()), bound.send(CODE), bound.deploy(manifest())):
        assert answer.status_code == 404
    assert ApiToken.objects.count() == 1


def test_without_an_environment_the_branch_says_which(uploading: Uploading) -> None:
    assert uploading.deployed(key="a", branch="main").environment == Environment.PRODUCTION
    assert uploading.deployed(key="b", branch="topic").environment == Environment.PREVIEW
    unknown = uploading.deployed(key="c")
    assert (unknown.environment, unknown.branch) == (Environment.PREVIEW, "upload")


def test_destinations_have_names(uploading: Uploading) -> None:
    project = uploading.project
    first = uploading.deployed(destination="local").destination
    values = {"team": project.team, "project": project, "platform": Platform.LOCAL}
    Destination.objects.create(name="edge", target=Target.CLOUDFLARE, **values)
    listed = uploading.client.get(f"{uploading.place}/destinations").json()
    assert [(one["name"], one["target"], one["is_default"]) for one in listed] == [
        (first.name, "nodejs", True),
        ("edge", "cloudflare", False),
    ]
    assert uploading.deploy(manifest(PROMPT), destination="edge").json()["code"] == "wrong_target"
    unknown = uploading.deploy(manifest(PROMPT), destination="nowhere").json()
    assert (unknown["code"], unknown["hint"]) == ("destination_unknown", "It has local, edge.")
    there = uploading.deploy(manifest(PROMPT, target="cloudflare"), destination="edge")
    assert (there.status_code, there.json()["destination"]) == (201, "edge")


def test_a_redeploy_takes_its_bundle_again(uploading: Uploading) -> None:
    made = uploading.deployed()
    again = uploading.client.post(
        f"/api/v1/deployments/{made.public_id}/redeploy", content_type="application/json"
    ).json()
    assert (again["bundle"], again["source"]) == (made.bundle.digest if made.bundle else "", "redeploy")
    Deployment.objects.update(bundle=None)
    expired = uploading.client.post(
        f"/api/v1/deployments/{made.public_id}/redeploy", content_type="application/json"
    ).json()
    assert expired["code"] == "bundle_expired"


def test_a_preview_is_promoted_with_the_same_bundle_and_its_pages_say_where_it_came_from(uploading: Uploading) -> None:
    made = uploading.deployed(branch="topic", message="a change")
    factories.running(made)
    factories.live(made)
    promoted = uploading.client.post(f"/api/v1/deployments/{made.public_id}/promote").json()
    assert (promoted["environment"], promoted["bundle"]) == ("production", made.bundle.digest if made.bundle else "")
    team = made.team
    person = Client()
    person.force_login(team.memberships.get().user)
    for page in ("", f"/deployments/{made.public_id}", "/pushes"):
        answer = person.get(f"/{team.slug}/{made.project.slug}{page}")
        assert answer.status_code == 200
        text = answer.content.decode()
        assert "a change" in text
        assert "<code></code>" not in text
    assert "Upload" in person.get(f"/{team.slug}/{made.project.slug}").content.decode()


def test_what_is_newer_on_its_branch_takes_its_place(uploading: Uploading) -> None:
    older = uploading.deployed(key="a", branch="topic")
    uploading.deployed(key="b", branch="topic")
    older.refresh_from_db()
    assert older.status == DeploymentStatus.SUPERSEDED


def test_a_nightly_look_at_the_code_host_leaves_it_alone(uploading: Uploading) -> None:
    project = uploading.project
    head = factories.ready(project).push.after
    made = uploading.deployed(key="a", branch="main", environment="preview")
    local = uploading.deployed(key="b", branch="only-here")
    for one in (made, local):
        factories.running(one)
        factories.live(one)
    assert reconcile(project, State({"main": head}, {})) == 0


def test_the_code_host_is_told_of_a_commit_only(uploading: Uploading) -> None:
    project = uploading.project
    installation = Installation.objects.create(
        team=project.team, host="github.com", external_id=1, account_id=1, account_login="ada"
    )
    Repository.objects.filter(pk=project.repository_id).update(installation=installation)
    uploading.deployed(key="changed")
    assert not OutboxEvent.objects.filter(kind=CHANGED).exists()
    made = uploading.deployed(key="clean", commit="b" * 40)
    assert [one.payload for one in OutboxEvent.objects.filter(kind=CHANGED)] == [{"deployment": made.pk}]


DEEP = ['{"a":[' * deep + "]}" * deep for deep in (100, 400, 480, 100_000)]


@pytest.mark.parametrize("manifest", [*DEEP, f'"{"x" * 100}"', '"\\ud800"', "1e999", "NaN"])
def test_what_is_no_json_of_ours_is_refused(uploading: Uploading, manifest: str) -> None:
    body = f'{{"key": "k", "manifest": {manifest}}}'
    for place in ("bundles/missing", "deployments"):
        answer = uploading.client.post(f"{uploading.place}/{place}", body, content_type="application/json")
        assert answer.status_code in (400, 409), answer.content


@pytest.mark.parametrize("field", ["commit", "branch", "environment", "key"])
def test_what_is_said_of_it_is_checked(uploading: Uploading, field: str) -> None:
    values = {"commit": "not a commit", "branch": "a\nb", "environment": "development", "key": ""}
    assert uploading.deploy(manifest(), **{field: values[field]}).status_code == 400


def test_a_place_in_a_pack_is_where_the_content_lies(uploading: Uploading) -> None:
    uploading.send(CODE, PROMPT)
    row = Blob.objects.get(sha256=digest(PROMPT))
    place = BlobPlace(row.object_key, row.offset, row.size)
    assert object_store().get(place.object_key)[place.offset : place.offset + place.size] == PROMPT
