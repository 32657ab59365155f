"""The agent's memory, from a push on: real rows, a small vendor, and a Neon whose branches are real databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import transaction
from django.db.models.functions import Now

from core.errors import UserError
from core.targets import Target
from deployments import actions, destinations, pipeline, release_queue, retention
from deployments.cloud import accounts, storages
from deployments.destinations import Wish
from deployments.models import (
    Account,
    AgentStorage,
    Deployment,
    DeploymentStatus,
    Destination,
    PullRequest,
)
from deployments.storage import STORAGES
from deployments.variables import secrets_of
from projects import operations
from projects.actions import set_variable
from projects.models import AuditEntry, Environment, Operation, Project, SecretVersion
from tests import factories
from tests.deployments.cloud import near_neon, tiny
from tests.deployments.cloud.near_neon import HeldNeon
from tests.deployments.cloud.test_releasing import Releasing, said, worker_of_its_own
from tests.deployments.cloud.tiny import TinyVendor
from tests.fakes.neon import TOKEN
from tests.fakes.vendor import serving

pytestmark = pytest.mark.django_db(transaction=True)
STORED = {"storage": {"provider": "neon"}}


@pytest.fixture
def neon(vendor: TinyVendor, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[HeldNeon]:
    found = HeldNeon()
    with serving(found):
        monkeypatch.setitem(STORAGES, near_neon.NAME, near_neon.MODULE)
        settings.PLATFORM_ENDPOINTS = {**settings.PLATFORM_ENDPOINTS, near_neon.NAME: (found.url, "")}
        yield found


@pytest.fixture
def memory(neon: HeldNeon, project: Project) -> Account:
    return accounts.enter(project.team, "neon", "main", {"token": TOKEN}, actor=None)


@pytest.fixture
def releasing(vendor: TinyVendor, elsewhere: Destination, memory: Account, tmp_path: Path) -> Releasing:
    """Its destination keeps the agent's memory at Neon."""
    Destination.objects.filter(pk=elsewhere.pk).update(config={"region": "ams", **STORED})
    elsewhere.refresh_from_db()
    return Releasing(vendor, elsewhere, tmp_path)


def given(releasing: Releasing, deployment: Deployment) -> str:
    service = releasing.service("" if deployment.is_production else deployment.branch)
    uploaded = releasing.vendor.services[service.name].versions[deployment.public_id]
    return str(uploaded["variables"].get("DATABASE_URL", ""))


def branches(neon: HeldNeon) -> list[str]:
    return [branch.name for one in neon.all.values() for branch in one.branches]


def test_a_preview_has_a_branch_that_goes_with_it_and_productions_stays(releasing: Releasing, neon: HeldNeon) -> None:
    production = releasing.released()
    assert production.status == DeploymentStatus.READY, production.error
    with psycopg.connect(given(releasing, production)) as database:
        database.execute("CREATE TABLE remembered AS SELECT 'in production' AS what")
    preview = releasing.released("feature/login", "two")
    with psycopg.connect(given(releasing, preview)) as database:
        assert database.execute("SELECT what FROM remembered").fetchall() == [("in production",)]
    assert given(releasing, preview) != given(releasing, production)
    assert len(neon.all) == 1 and branches(neon)[0] == "main" and len(branches(neon)) == 2
    with transaction.atomic():
        pipeline.tear_down_branch(releasing.project, "feature/login")
    releasing.work()
    assert branches(neon) == ["main"]
    assert AgentStorage.objects.living().get().environment == Environment.PRODUCTION
    with pytest.raises(UserError, match="revoked"):
        secrets_of(preview)
    assert secrets_of(production)["DATABASE_URL"] == given(releasing, production)
    assert list(
        AuditEntry.objects.filter(verb__startswith="storage.").values_list("verb", flat=True).order_by("pk")
    ) == [
        "storage.connected",
        "storage.connected",
        "storage.removed",
    ]


def test_what_the_vendor_gave_is_sealed_and_in_no_log_and_a_second_release_seals_nothing(releasing: Releasing) -> None:
    first = releasing.released()
    before = SecretVersion.objects.count()
    second = releasing.released(text="two")
    assert given(releasing, second) == given(releasing, first) != ""
    assert SecretVersion.objects.count() == before
    assert "DATABASE_URL: the branch br-" in said(first) and given(releasing, first) not in said(first)
    storage = AgentStorage.objects.get()
    assert storage.ids["project"] and "postgresql" not in f"{storage.ids} {storage.config}"
    uploaded = releasing.vendor.services[releasing.service().name]
    assert "DATABASE_URL" in uploaded.versions[second.public_id]["secrets"] and uploaded.config == {"region": "ams"}


def test_a_preview_leaves_productions_config_as_it_was(releasing: Releasing) -> None:
    config = {"storage": {"provider": "neon", "region": "${REGION}"}}
    Destination.objects.filter(pk=releasing.destination.pk).update(config=config)
    for environment, value in ((Environment.PRODUCTION, "aws-eu-central-1"), (Environment.PREVIEW, "aws-us-east-1")):
        set_variable(releasing.project, "REGION", value, environment=environment, actor=None, is_secret=False)
    releasing.released()
    releasing.released("feature", "two")
    kept = dict(AgentStorage.objects.living().values_list("environment", "config__region"))
    assert kept == {"production": "aws-eu-central-1", "preview": "aws-us-east-1"}


def test_it_goes_before_a_variable_of_the_same_name(releasing: Releasing) -> None:
    set_variable(releasing.project, "DATABASE_URL", "theirs", environment=Environment.PRODUCTION, actor=None)
    assert given(releasing, releasing.released()).startswith("postgresql://")


def test_an_agent_on_this_installation_has_it_too(releasing: Releasing) -> None:
    Destination.objects.filter(pk=releasing.destination.pk).update(platform="local")
    deployment = releasing.built()
    factories.running(deployment)
    releasing.work()
    done = releasing.fresh(deployment)
    assert done.status == DeploymentStatus.READY, done.error
    with psycopg.connect(secrets_of(done)["DATABASE_URL"]) as database:
        assert database.execute("SELECT 1").fetchone() == (1,)


def test_a_refused_credential_is_said_before_anything_is_made_and_the_next_push_is_not_built(
    releasing: Releasing, neon: HeldNeon
) -> None:
    neon.tokens.clear()
    failed = releasing.released()
    assert (failed.status, failed.error["code"]) == (DeploymentStatus.FAILED, "credential_refused")
    assert releasing.vendor.services == {} and neon.all == {}
    refused = releasing.fresh(factories.pushed(releasing.project))
    assert refused.status == DeploymentStatus.FAILED and refused.build is None
    assert refused.error["code"] == "credential_refused" and "Accounts" in said(refused)
    neon.tokens.add(TOKEN)
    accounts.check(Account.objects.get(platform="neon"), actor=None)
    assert releasing.released().status == DeploymentStatus.READY


@pytest.mark.parametrize(
    ("storage", "code"),
    [
        ({"provider": "oracle"}, "destination_config_invalid"),
        ({"provider": "neon", "colour": "blue"}, "destination_config_invalid"),
        ("neon", "destination_config_invalid"),
        ({"provider": "neon", "account": "second"}, "account_missing"),
        ({"provider": "supabase"}, "account_missing"),
    ],
)
def test_what_cannot_be_is_refused_at_the_page_and_at_the_push(releasing: Releasing, storage: Any, code: str) -> None:
    wish = Wish("beside", Target.NODEJS, tiny.PLATFORM, config={"storage": storage})
    with pytest.raises(UserError) as refused:
        destinations.add(releasing.project, wish, actor=None)
    assert refused.value.code == code
    destinations.reconcile(releasing.project, [wish])
    failed = releasing.fresh(factories.pushed(releasing.project))
    assert (failed.status, failed.error["code"], failed.build) == (DeploymentStatus.FAILED, code, None)


def test_a_worker_that_dies_in_between_makes_nothing_twice(releasing: Releasing, neon: HeldNeon) -> None:
    """Neon has made the project when the worker dies; its answer reaches nobody."""
    deployment = releasing.built("feature")
    neon.holds = "POST /projects"
    with worker_of_its_own(DEXTO_FLY_API_URL=releasing.vendor.url, DEXTO_NEON_API_URL=neon.url) as process:
        assert neon.reached.wait(30)
        process.kill()
        process.wait()
    neon.goes_on.set()
    operation = Operation.objects.get(kind=release_queue.KIND)
    Operation.objects.filter(pk=operation.pk).update(lease_expires_at=operation.created_at)
    operations.reap()
    releasing.work()
    done = releasing.fresh(deployment)
    assert done.status == DeploymentStatus.READY, done.error
    assert len(neon.all) == 1 and len(branches(neon)) == 2 and AgentStorage.objects.count() == 2
    with psycopg.connect(given(releasing, done)) as database:
        assert database.execute("SELECT 1").fetchone() == (1,)


def test_a_forks_code_is_given_nothing_of_it(releasing: Releasing, neon: HeldNeon) -> None:
    deployment = releasing.built("theirs")
    request = PullRequest.objects.create(
        team=releasing.project.team,
        project=releasing.project,
        number=7,
        head_branch="theirs",
        head_sha=deployment.push.after,
        is_fork=True,
        approved_sha=deployment.push.after,
    )
    type(deployment.push).objects.filter(pk=deployment.push_id).update(pull_request=request)
    releasing.work()
    assert given(releasing, releasing.fresh(deployment)) == "" and neon.all == {}


def test_productions_is_kept_when_its_destination_goes_and_found_when_it_comes_back(
    releasing: Releasing, neon: HeldNeon
) -> None:
    first = releasing.released()
    releasing.released("feature", "two")
    url = given(releasing, first)
    other = Wish("other", Target.NODEJS, tiny.PLATFORM, config={"region": "ams"})
    destinations.reconcile(releasing.project, [other])
    releasing.work()
    assert branches(neon) == ["main"]
    with pytest.raises(UserError, match="account"):
        accounts.remove(Account.objects.get(platform="neon"), actor=None)
    again = Wish("edge", Target.NODEJS, tiny.PLATFORM, config={"region": "ams", **STORED})
    destinations.reconcile(releasing.project, [again])
    releasing.destination = Destination.objects.living().get(project=releasing.project)
    assert given(releasing, releasing.released(text="three")) == url and len(neon.all) == 1


def test_a_person_deletes_productions_once_nothing_that_serves_has_it(releasing: Releasing, neon: HeldNeon) -> None:
    releasing.released()
    storage = AgentStorage.objects.living().get()
    with pytest.raises(UserError) as refused:
        storages.delete(storage, actor=None)
    assert refused.value.code == "storage_in_use"
    Destination.objects.filter(pk=releasing.destination.pk).update(config={"region": "ams"})
    without = releasing.released(text="two")
    assert given(releasing, without) == "" and len(neon.all) == 1
    storages.delete(storage, actor=None)
    releasing.work()
    assert neon.all == {} and not AgentStorage.objects.living().exists()


def test_a_deleted_projects_memory_goes_when_its_rows_do(releasing: Releasing, neon: HeldNeon) -> None:
    releasing.released()
    releasing.released("feature", "two")
    actions.delete_project(releasing.project, actor=None)
    releasing.work()
    assert branches(neon) == ["main"]
    Project.all_objects.filter(pk=releasing.project.pk).update(deleted_at=Now() - timedelta(days=400))
    neon.tokens.clear()
    assert retention.purge_deleted(releasing.project.team) == 0
    releasing.work()
    assert AgentStorage.objects.living().get().error["code"] == "credential_refused"
    neon.tokens.add(TOKEN)
    assert retention.purge_deleted(releasing.project.team) == 0
    releasing.work()
    assert neon.all == {} and retention.purge_deleted(releasing.project.team) == 1
