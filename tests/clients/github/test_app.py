"""The app against the fake: its proof, its tokens, its installations and deliveries."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from clients.code_host import AppKey, CodeHostAddress, code_host_at
from clients.code_host_errors import CodeHostMissingError, CodeHostRefusedError, CodeHostRejectedError
from clients.github import GitHubApp, GitHubMaker, InstallationTokens
from tests.clients.github.conftest import Linked
from tests.fakes.github import World, description
from tests.fakes.github.sending import pull_changed, pull_closed
from tests.web_server import Reply, Seen, web_server


def test_this_machine_has_githubs_description() -> None:
    if description.described_at() is None:
        pytest.skip("GitHub's description is not on this machine: requests and answers are not validated")
    assert description.is_described("POST", "/repos/{owner}/{repo}/check-runs")


def test_an_app_is_made_from_its_manifest_once(world: World) -> None:
    made = world.make_app(world.user("acme"), "Dexto Cloud")
    world.manifest_codes["abc"] = made
    maker = GitHubMaker(_address(world))
    found = maker.convert_manifest("abc")
    assert (found.app_id, found.slug, found.client_id) == (made.id, "dexto-cloud", made.client_id)
    assert (found.client_secret, found.webhook_secret) == (made.client_secret, made.webhook_secret)
    assert GitHubApp(_address(world), AppKey(found.app_id, found.private_key)).app().slug == "dexto-cloud"
    assert "secret" not in repr(found)
    with pytest.raises(CodeHostMissingError):
        maker.convert_manifest("abc")


def test_a_wrong_key_is_refused(linked: Linked) -> None:
    other = linked.world.make_app(linked.owner, "Other")
    with pytest.raises(CodeHostRefusedError):
        GitHubApp(linked.address, AppKey(linked.app.id, other.pem)).app()
    with pytest.raises(CodeHostRefusedError, match="private key"):
        GitHubApp(linked.address, AppKey(linked.app.id, "no key")).app()


def test_installations_are_listed_over_pages(linked: Linked) -> None:
    linked.world.page_size = 2
    others = [linked.world.install(linked.app, linked.world.user(f"team-{number}"), []) for number in range(4)]
    app = linked.itself
    assert [one.id for one in app.installations()] == [linked.installation.id, *(one.id for one in others)]
    assert app.installation(others[0].id).account.login == "team-0"
    assert app.installation_of("acme/agent").id == linked.installation.id
    linked.installation.suspended = True
    assert app.installation(linked.installation.id).suspended


def test_a_token_is_narrowed_to_the_repository_and_what_it_is_for(linked: Linked) -> None:
    other = linked.world.repository(linked.owner, "other")
    linked.installation.repositories.append(other)
    app = linked.itself
    token = app.access_token(
        linked.installation.id, repository_ids=[linked.repository.id], permissions={"contents": "read"}
    )
    kept = linked.world.tokens[token.value]
    assert kept.repositories == (linked.repository,)
    assert kept.permissions == {"contents": "read", "metadata": "read"}
    assert timedelta(minutes=58) < token.expires_at - datetime.now(UTC) <= timedelta(hours=1)
    with pytest.raises(CodeHostRejectedError, match="not accessible"):
        app.access_token(linked.installation.id, repository_ids=[1])


def test_a_token_is_kept_until_less_remains_than_the_work_may_take(linked: Linked) -> None:
    app = linked.itself
    kept = InstallationTokens(app, linked.installation.id, repository_ids=[linked.repository.id])
    assert kept.current().value == kept.current().value
    hasty = InstallationTokens(
        app, linked.installation.id, repository_ids=[linked.repository.id], budget=timedelta(hours=2)
    )
    assert hasty.current().value != hasty.current().value


def test_a_token_opens_no_other_repository_that_took_the_name(linked: Linked) -> None:
    reader = linked.reader
    linked.world.rename(linked.repository, "renamed")
    assert reader.repository().full_name == "acme/renamed"
    usurper = linked.world.repository(linked.owner, "agent")
    linked.installation.repositories.append(usurper)
    with pytest.raises(CodeHostMissingError):
        reader.repository()


def test_deliveries_are_listed_by_cursor_and_delivered_anew(linked: Linked) -> None:
    linked.world.page_size = 2
    linked.world.commit(linked.repository, "change", {"a": "b"})
    pull = linked.world.open_pull(linked.repository, linked.repository, "change")
    pull_changed(linked.world, pull, "opened")
    pull_changed(linked.world, pull, "edited", changes={})
    pull_closed(linked.world, pull, merged=True)
    app = linked.itself
    first = app.deliveries()
    rest = app.deliveries(first.cursor)
    assert [one.action for one in (*first.deliveries, *rest.deliveries)] == ["closed", "edited", "opened"]
    assert rest.cursor is None
    oldest = rest.deliveries[-1]
    assert not oldest.succeeded
    assert json.loads(app.delivery_body(oldest.id))["pull_request"]["number"] == pull.number
    with web_server({"/webhooks/github": Reply(202)}) as receiver:
        app.set_webhook(f"{receiver.url}/webhooks/github", "a new secret")
        app.redeliver(oldest.id)
        linked.world.idle()
        newest = app.deliveries().deliveries[0]
        assert (newest.guid, newest.redelivery, newest.succeeded) == (oldest.guid, True, True)
        assert _guid(receiver.seen[0]) == oldest.guid


def _guid(seen: Seen) -> str:
    return seen.headers["X-GitHub-Delivery"]


def _address(world: World) -> CodeHostAddress:
    return code_host_at(world.url)
