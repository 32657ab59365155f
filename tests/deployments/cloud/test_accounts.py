"""A team's accounts at vendors: checked when entered, sealed, never shown, the team's own."""

from __future__ import annotations

from typing import Any

import pytest

from core.errors import UserError
from deployments.cloud import accounts
from deployments.cloud.registry import asked_of
from deployments.models import Account, AccountField, CloudService, Destination
from deployments.platforms import CLOUDS
from deployments.storage import STORAGES
from projects.models import AuditEntry, Project, SecretVersion
from tests import factories
from tests.deployments.cloud import tiny
from tests.deployments.cloud.tiny import TinyVendor
from tests.fakes.vendor import Fault

pytestmark = pytest.mark.django_db(transaction=True)


def test_it_is_checked_in_words_and_its_values_are_sealed(account: Account) -> None:
    assert account.found == {"account": "acct-1", "name": "Acme", "can": ["release agents"], "missing": []}
    assert account.error is None and account.checked_at is not None
    field = account.fields.select_related("version").get()
    assert field.name == "token" and field.version.is_secret
    assert tiny.TOKEN.encode() not in bytes(field.version.ciphertext)
    assert AuditEntry.objects.get(verb="account.added").detail == {"fields": ["token"]}


def test_what_the_vendor_refuses_is_not_kept(vendor: TinyVendor, project: Project) -> None:
    with pytest.raises(UserError) as refused:
        accounts.enter(project.team, tiny.PLATFORM, "main", {"token": "wrong"}, actor=None)
    assert refused.value.code == "credential_refused" and "wrong" not in refused.value.sentence
    assert not Account.objects.exists() and not SecretVersion.objects.exists()


def test_a_vendor_that_is_away_is_said_and_can_be_asked_again(vendor: TinyVendor, project: Project) -> None:
    vendor.faults = [Fault("/me", 503, times=100)]
    found = accounts.enter(project.team, tiny.PLATFORM, "main", {"token": tiny.TOKEN}, actor=None)
    assert found.error["code"] == "vendor_failed"
    vendor.faults = []
    assert accounts.check(found, actor=None).error is None
    vendor.token = "revoked"
    assert accounts.check(found, actor=None).error["code"] == "credential_refused"


def test_a_field_that_is_missing_is_named(vendor: TinyVendor, project: Project) -> None:
    with pytest.raises(UserError) as refused:
        accounts.enter(project.team, tiny.PLATFORM, "main", {"org": "acme"}, actor=None)
    assert refused.value.sentence == "API token is missing."


def test_a_replaced_value_is_revoked(account: Account, vendor: TinyVendor) -> None:
    before = account.fields.get().version
    vendor.token = "another-token-012345"
    accounts.replace(account, {"token": vendor.token}, actor=None)
    before.refresh_from_db()
    assert before.revoked_at is not None
    assert accounts.connect(account, "test").check().account == "acct-1"
    assert AuditEntry.objects.filter(verb="variables.unsealed", subject="fly/main").exists()


def test_two_of_a_name_are_refused_and_another_teams_is_none_of_ours(account: Account, vendor: TinyVendor) -> None:
    with pytest.raises(UserError) as refused:
        accounts.enter(account.team, tiny.PLATFORM, "main", {"token": vendor.token}, actor=None)
    assert refused.value.code == "name_taken"
    accounts.enter(factories.team(), tiny.PLATFORM, "main", {"token": vendor.token}, actor=None)


def test_a_destination_takes_the_account_that_it_names_or_the_only_one(elsewhere: Destination, vendor: Any) -> None:
    only = accounts.account_of(elsewhere)
    second = accounts.enter(elsewhere.team, tiny.PLATFORM, "second", {"token": vendor.token}, actor=None)
    with pytest.raises(UserError) as refused:
        accounts.account_of(elsewhere)
    assert refused.value.sentence == "The team has 2 accounts at fly."
    elsewhere.config = {"account": "second"}
    assert accounts.account_of(elsewhere) == second != only
    elsewhere.config = {"account": "third"}
    with pytest.raises(UserError) as refused:
        accounts.account_of(elsewhere)
    assert "no account third" in refused.value.sentence


def test_it_stays_while_something_runs_by_it(account: Account, elsewhere: Destination) -> None:
    service = CloudService.objects.create(
        team=account.team,
        project=elsewhere.project,
        destination=elsewhere,
        platform=elsewhere.platform,
        account=account,
        environment="production",
        name="some-service",
        mark="dexto:1",
    )
    with pytest.raises(UserError) as refused:
        accounts.remove(account, actor=None)
    assert refused.value.code == "account_in_use" and "some-service" in refused.value.sentence
    service.delete()
    accounts.remove(account, actor=None)
    assert not Account.objects.living().exists()
    assert AccountField.objects.get().version.revoked_at is not None


@pytest.mark.parametrize("platform", sorted([*CLOUDS, *STORAGES]))
def test_no_account_is_made_of_nothing(platform: str) -> None:
    with pytest.raises(UserError) as refused:
        accounts.enter(factories.team(), platform, "main", {"": "x"}, actor=None)
    assert refused.value.code == "credential_incomplete"


@pytest.mark.parametrize("platform", sorted([*CLOUDS, *STORAGES]))
@pytest.mark.parametrize("value", ["\u00e9", "\ud800", "a\nb", "\x7f", "x" * 20_001])
def test_a_value_that_is_no_credential_is_refused_in_words(platform: str, value: str) -> None:
    """Such values would end in the client, far from who entered them."""
    values = {field.name: value for field in asked_of(platform).credentials}
    with pytest.raises(UserError) as refused:
        accounts.enter(factories.team(), platform, "main", values, actor=None)
    assert refused.value.code == "credential_incomplete"


def test_a_region_that_is_none_is_refused_in_words() -> None:
    values = {"access_key_id": "key", "secret_access_key": "secret", "region": "no region"}
    with pytest.raises(UserError, match="no region"):
        accounts.enter(factories.team(), "aws", "main", values, actor=None)
