"""An app that the operator names by variables: all of them or none, and it is used as one that was made here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from dexto_cloud.environment import Environment
from django.core.exceptions import ImproperlyConfigured
from django.test import Client

from projects import github_apps, github_clients
from projects.models import DeliveryMode
from tests import deliveries, factories, github_world
from tests.fakes.github import App
from webhooks.models import Delivery
from webhooks.signatures import sign


def variables(app: App | None = None, **changes: str) -> dict[str, str]:
    values = {
        "APP_ID": str(app.id) if app else "17",
        "SLUG": app.slug if app else "dexto",
        "CLIENT_ID": app.client_id if app else "Iv1.x",
        "CLIENT_SECRET": app.client_secret if app else "s",
        "WEBHOOK_SECRET": app.webhook_secret if app else "w",
        "PRIVATE_KEY": (app.pem if app else "-----BEGIN\nX\n").replace("\n", "\\n"),
        **changes,
    }
    return {f"DEXTO_GITHUB_{name}": value for name, value in values.items()}


def test_without_any_there_is_none() -> None:
    assert Environment({}).github_app() == {}


@pytest.mark.parametrize("name", sorted(variables()))
def test_one_that_is_missing_is_named(name: str) -> None:
    given = variables() | {name: ""}
    with pytest.raises(ImproperlyConfigured, match=name):
        Environment(given).github_app()


def test_what_is_not_said_is_github_com_and_its_deliveries_come_by_themselves() -> None:
    found = Environment(variables()).github_app()
    assert (found["app_id"], found["url"], found["polling"]) == (17, "https://github.com", False)
    assert found["private_key"] == "-----BEGIN\nX\n"
    told = Environment(variables(URL="https://github.example.com", POLLING="1")).github_app()
    assert (told["url"], told["polling"]) == ("https://github.example.com", True)


def test_a_number_that_is_none_is_refused() -> None:
    with pytest.raises(ImproperlyConfigured, match="DEXTO_GITHUB_APP_ID"):
        Environment(variables(APP_ID="seventeen")).github_app()


@pytest.mark.django_db
def test_it_is_used_before_one_that_was_made_here(tmp_path: Path, settings: Any) -> None:
    with github_world.place(tmp_path) as at:
        team = factories.team()
        github_world.named(at, team, mode=DeliveryMode.POLLING)
        other = at.world.make_app(at.owner)
        settings.GITHUB_APP = Environment(variables(other, URL=at.world.url)).github_app()
        assert [one.app_id for one in github_apps.all_apps()] == [other.id]
        found = github_apps.required_app(at.host)
        assert (found.app_id, found.webhook_secret, found.polling) == (other.id, other.webhook_secret, False)
        assert other.client_secret not in repr(found)
        assert f"client_id={other.client_id}" in github_clients.sign_in(found).authorize_url(
            redirect_uri="http://here/", state="s", code_challenge="c"
        )
        assert f"/sign-in/with/{at.host}" in Client().get("/sign-in").content.decode()


@pytest.mark.django_db
def test_its_deliveries_are_known_by_its_own_secret(settings: Any) -> None:
    settings.GITHUB_APP = Environment(variables(WEBHOOK_SECRET="the-app-s-own")).github_app()
    body = json.dumps(deliveries.recorded("push__1_commit")).encode()
    signed = deliveries.send(body, signature=sign("the-app-s-own", body))
    assert (signed.status_code, Delivery.objects.count()) == (202, 1)
    assert deliveries.send(body, signature=sign("another", body)).status_code == 401
