"""The pages of accounts, destinations, services and domains."""

from __future__ import annotations

import pytest
from django.test import Client

from builds import logs
from core.targets import Platform, Target
from deployments import destinations
from deployments.cloud import queue
from deployments.destinations import Wish
from deployments.models import Account, Destination, Domain
from projects import operations
from projects.models import Operation, Project
from tests import factories
from tests.deployments.cloud import tiny
from tests.deployments.cloud.conftest import account, elsewhere, project, vendor
from tests.deployments.cloud.test_releasing import Releasing, releasing
from tests.deployments.cloud.tiny import TinyVendor

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["account", "elsewhere", "project", "releasing", "vendor"]


def person(of: Project) -> Client:
    client = Client()
    client.force_login(of.team.memberships.get().user)
    return client


def page(of: Project, path: str, client: Client | None = None) -> str:
    answer = (client or person(of)).get(f"/{of.team.slug}/{path}")
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_an_account_is_entered_checked_and_never_shown(project: Project, vendor: TinyVendor) -> None:
    client, path = person(project), f"/{project.team.slug}/-/accounts"
    assert "API token" in page(project, "-/accounts?platform=fly")
    assert "console.neon.tech" in page(project, "-/accounts?platform=neon")
    given = {"platform": "fly", "name": "main", "token": "wrong-token-123"}
    refused = client.post(path, given, follow=True).content.decode()
    assert "the token is not valid" in refused and "wrong-token-123" not in refused
    shown = client.post(path, {**given, "token": tiny.TOKEN}, follow=True).content.decode()
    assert "fly / main" in shown and "it may release agents" in shown and tiny.TOKEN not in shown
    vendor.token = "revoked"
    kept = Account.objects.get()
    checked = client.post(f"{path}/{kept.pk}/check", follow=True).content.decode()
    assert "refused" in checked and "the token is not valid" in checked
    client.post(f"{path}/{kept.pk}/remove")
    assert not Account.objects.living().exists()


def test_an_accounts_values_are_replaced_once_the_vendor_takes_them(project: Project, account: Account) -> None:
    client, path = person(project), f"/{project.team.slug}/-/accounts/{account.pk}/replace"
    before = account.fields.get().version
    assert f'action="{path}"' in page(project, "-/accounts", client)
    refused = client.post(path, {"token": "wrong-token-123"}, follow=True).content.decode()
    assert "the token is not valid" in refused
    assert "wrong-token-123" not in refused
    assert account.fields.get().version == before
    done = client.post(path, {"token": tiny.TOKEN}, follow=True).content.decode()
    assert "has its new values" in done
    assert tiny.TOKEN not in done
    before.refresh_from_db()
    assert before.revoked_at is not None
    assert account.fields.get().version.revoked_at is None


def test_only_who_administers_replaces_an_accounts_values(project: Project, account: Account) -> None:
    client = person(project)
    project.team.memberships.update(role="member")
    assert "Replace" not in page(project, "-/accounts", client)
    answer = client.post(f"/{project.team.slug}/-/accounts/{account.pk}/replace", {"token": tiny.TOKEN})
    assert answer.status_code == 403


def test_only_who_administers_enters_an_account(project: Project, vendor: TinyVendor) -> None:
    client = person(project)
    project.team.memberships.update(role="member")
    answer = client.post(f"/{project.team.slug}/-/accounts", {"platform": "fly", "name": "x", "token": tiny.TOKEN})
    assert answer.status_code == 403 and not Account.objects.exists()


def test_a_destination_is_added_changed_and_removed(project: Project, vendor: TinyVendor) -> None:
    client, path = person(project), f"/{project.team.slug}/{project.slug}/destinations"
    given = {"name": "edge", "place": "nodejs fly", "environment": "preview", "config": "region: ams", "may_fail": "1"}
    shown = client.post(path, given, follow=True).content.decode()
    assert "edge" in shown and "nodejs on fly" in shown and "may fail" in shown
    assert "against a counterpart only" in shown and "Canary by percentage" in shown
    found = Destination.objects.get(name="edge")
    assert (found.config, found.environment, found.may_fail) == ({"region": "ams"}, "preview", True)
    changed = {"environment": "production", "branches": "main\nrelease/*", "config": "region: fra"}
    assert "region: fra" in client.post(f"{path}/edge", changed, follow=True).content.decode()
    found.refresh_from_db()
    assert found.branches == ["main", "release/*"] and not found.may_fail
    assert "no list of keys" in client.post(path, {**given, "name": "b", "config": "]["}, follow=True).content.decode()
    client.post(f"{path}/edge/remove")
    assert not Destination.objects.living().filter(name="edge").exists()


def test_what_the_file_declares_says_so_and_has_no_form(project: Project) -> None:
    destinations.reconcile(project, [Wish("live", Target.NODEJS, Platform.LOCAL)])
    shown = page(project, f"{project.slug}/destinations/live")
    assert "deployment.yml" in shown and "Remove this destination" not in shown
    assert "wins over what is set here" in page(project, f"{project.slug}/destinations")


def test_a_service_shows_what_is_wanted_and_what_is_not_as_it_was(releasing: Releasing) -> None:
    done = releasing.released()
    service, project = releasing.service(), releasing.project
    address = f"https://{service.name}.tiny.example"
    path = f"{project.slug}/services/{service.name}"
    assert address in page(project, path) and "as wanted" in page(project, path)
    assert address in page(project, project.slug)
    assert address in page(project, f"{project.slug}/deployments/{done.public_id}")
    releasing.vendor.services.clear()
    client = person(project)
    client.post(f"/{project.team.slug}/{path}/inspect")
    releasing.work()
    shown = page(project, path)
    assert f"{service.name} is no longer there." in shown and "Repair" in shown
    refused = client.post(f"/{project.team.slug}/{path}/delete", follow=True).content.decode()
    assert "Remove the destination first" in refused


def test_a_canary_is_set_where_the_platform_can(releasing: Releasing) -> None:
    first, second = releasing.released(), releasing.released(text="two")
    project = releasing.project
    path = f"/{project.team.slug}/{project.slug}/destinations/edge"
    client = person(project)
    client.post(f"{path}/canary", {"deployment": first.public_id, "percent": "30"})
    releasing.work()
    name = releasing.service().name
    assert releasing.vendor.serving(name) == {second.public_id: 70, first.public_id: 30}
    assert "30 % go to" in client.get(path).content.decode()
    client.post(f"{path}/canary", {"percent": "0"})
    releasing.work()
    assert releasing.vendor.serving(name) == {second.public_id: 100}


def test_the_log_of_a_service_is_followed_into_a_stream(releasing: Releasing) -> None:
    releasing.released()
    service, project = releasing.service(), releasing.project
    person(project).post(f"/{project.team.slug}/{project.slug}/services/{service.name}/follow")
    assert Operation.objects.filter(kind=queue.LOG).exists()
    operations.work(queue.LOG)
    service.refresh_from_db()
    assert [line.text for line in logs.read(service.stream_id).lines] == [f"{service.name} says hello"]
    assert f"/events/streams/{service.stream_id}" in page(project, f"{project.slug}/services/{service.name}")


def test_a_domain_is_added_with_the_records_to_set(project: Project) -> None:
    factories.ready(project)
    client, path = person(project), f"/{project.team.slug}/{project.slug}/domains"
    shown = client.post(path, {"hostname": "Chat.Acme-Shop.com", "destination": "local"}, follow=True).content.decode()
    domain = Domain.objects.get()
    assert "chat.acme-shop.com" in shown and domain.proof in shown and "_dexto.chat.acme-shop.com" in shown
    assert "cannot be served" in client.post(path, {"hostname": "localhost"}, follow=True).content.decode()
    client.post(f"{path}/{domain.pk}/remove")
    assert not Domain.objects.living().exists()


def test_a_push_to_several_destinations_shows_one_verdict(project: Project) -> None:
    destinations.reconcile(project, [Wish(name, Target.NODEJS, Platform.LOCAL) for name in ("a", "b")])
    factories.pushed(project)
    assert "Queued: 2 destinations" in page(project, f"{project.slug}/pushes")
