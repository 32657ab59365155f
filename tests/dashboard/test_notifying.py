"""The page of notifications: who is told, the button that tries it, and the ledger."""

from __future__ import annotations

import re
from ipaddress import ip_network
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from deployments.models import Notification, NotificationTarget
from deployments.notifying.events import Event
from deployments.notifying.queue import KIND
from projects import operations
from projects.models import AuditEntry, Membership, Project, Role, SecretVersion
from tests import factories
from tests.web_server import Reply, web_server

pytestmark = pytest.mark.django_db
URL = "https://hooks.slack.com/services/T0/B0/very-secret"


@pytest.fixture
def project() -> Project:
    return factories.project()


@pytest.fixture
def person(project: Project) -> Client:
    client = Client()
    client.force_login(project.team.memberships.get().user)
    return client


def page(project: Project) -> str:
    return f"/{project.team.slug}/{project.slug}/notifications"


def added(person: Client, project: Project, address: str, kind: str = "slack", path: str = "") -> str:
    form = {"kind": kind, "name": "ops", "address": address, "event": [Event.FAILED, Event.LIVE]}
    return person.post(path or page(project), form, follow=True).content.decode()


def pressed(person: Client, target: NotificationTarget, verb: str, **form: Any) -> str:
    path = f"/{target.team.slug}/-/notifications/{target.pk}/{verb}"
    return person.post(path, form, follow=True).content.decode()


def test_an_address_is_sealed_and_never_shown_again(person: Client, project: Project) -> None:
    shown = added(person, project, URL)
    target = NotificationTarget.objects.get()
    assert (target.project, target.events) == (project, [Event.LIVE, Event.FAILED])
    for text in (shown, person.get(page(project)).content.decode(), str(AuditEntry.objects.values_list("detail"))):
        assert "very-secret" not in text
    assert "hooks.slack.com" in shown


def test_the_secret_of_a_webhook_is_shown_once(person: Client, project: Project) -> None:
    shown = added(person, project, "https://example.com/hook", "webhook")
    (secret,) = re.findall(r"whsec_[A-Za-z0-9+/=]+", shown)
    assert secret not in person.get(page(project)).content.decode()


def test_a_new_secret_is_shown_once_and_written_down(person: Client, project: Project) -> None:
    target = factories.told(project)
    shown = person.post(page(project), {"secret_of": target.pk}).content.decode()
    (secret,) = re.findall(r"whsec_[A-Za-z0-9+/=]+", shown)
    assert "The one before signs as well for 24 hours" in shown
    assert secret not in person.get(page(project)).content.decode()
    assert secret not in str(AuditEntry.objects.values_list("detail"))
    assert AuditEntry.objects.filter(verb="notification.secret_rolled").count() == 1


def test_only_what_is_signed_and_one_s_own_has_a_new_secret(person: Client, project: Project) -> None:
    added(person, project, URL)
    chat, foreign = NotificationTarget.objects.get(), factories.told(factories.project())
    refused = person.post(page(project), {"secret_of": chat.pk}, follow=True).content.decode()
    assert "is not signed" in refused
    assert "Make a new secret" not in refused
    for odd in (foreign.pk, "", "x", "9" * 30):
        assert person.post(page(project), {"secret_of": odd}).status_code == 404


def test_what_is_wrong_with_an_address_is_said(person: Client, project: Project) -> None:
    assert "That is no address of a webhook." in added(person, project, "nonsense")
    assert "no mail server" in added(person, project, "a@example.com", "email")
    assert not NotificationTarget.objects.exists()


def test_the_team_s_page_adds_for_all_projects_and_a_project_s_shows_both(person: Client, project: Project) -> None:
    team_page = f"/{project.team.slug}/-/notifications"
    added(person, project, URL, path=team_page)
    other = factories.project(project.team)
    factories.told(other, "only-other")
    shown = person.get(page(project)).content.decode()
    assert "all projects" in shown
    assert "only-other" not in shown
    assert "only-other" in person.get(team_page).content.decode()


@pytest.mark.parametrize(
    ("reply", "said"),
    [(Reply(200, b"ok"), "ops took it: 200 ok"), (Reply(403, b"invalid_token"), "did not take it: 403 invalid_token")],
)
def test_the_button_says_honestly_how_it_went(
    person: Client, project: Project, settings: Any, reply: Reply, said: str
) -> None:
    settings.NOTIFY_NETWORKS = [ip_network("127.0.0.0/8")]
    with web_server({"/hook": reply}) as receiver:
        added(person, project, f"{receiver.url}/hook")
        assert said in pressed(person, NotificationTarget.objects.get(), "test")
        assert len(receiver.seen) == 1
    assert Notification.objects.get().event == Event.TEST


def test_a_paused_target_is_told_nothing_and_may_be_tested(person: Client, project: Project, settings: Any) -> None:
    settings.NOTIFY_NETWORKS = [ip_network("127.0.0.0/8")]
    with web_server({"/hook": Reply(200)}) as receiver:
        added(person, project, f"{receiver.url}/hook", "webhook")
        target = NotificationTarget.objects.get()
        assert "paused" in pressed(person, target, "pause")
        factories.ready(project)
        operations.work(KIND)
        assert receiver.seen == []
        assert "took it" in pressed(person, target, "test")
        pressed(person, target, "resume")
        assert NotificationTarget.objects.get().paused_at is None


def test_a_target_that_is_removed_has_no_secret_left_and_keeps_its_ledger(person: Client, project: Project) -> None:
    target = factories.told(project)
    pressed(person, target, "remove", project=project.slug)
    assert not SecretVersion.objects.filter(pk__in=[target.address_id, target.signing_id], revoked_at=None).exists()
    shown = person.get(page(project)).content.decode()
    assert "Nobody is told" in shown
    assert "branch-0 failed" in shown
    assert "told nothing now" in _resent(person, target)


def test_what_was_given_up_is_sent_once_more(person: Client, project: Project) -> None:
    target = factories.told(project)
    assert "sent once more" in _resent(person, target)
    assert Notification.objects.get().status == "waiting"
    assert AuditEntry.objects.filter(verb="notification.resent").exists()


def _resent(person: Client, target: NotificationTarget) -> str:
    row = Notification.objects.filter(target=target).earliest("pk")
    path = f"/{target.team.slug}/-/notifications/deliveries/{row.public_id}/resend"
    return person.post(path, {"project": target.project.slug if target.project else ""}, follow=True).content.decode()


def test_events_are_changed_and_unknown_ones_refused(person: Client, project: Project) -> None:
    target = factories.told(project)
    pressed(person, target, "events", event=[Event.FAILED])
    assert "at least one event" in pressed(person, target, "events", event=["nonsense"])
    assert NotificationTarget.objects.get().events == [Event.FAILED]


def test_who_only_looks_changes_nothing(person: Client, project: Project) -> None:
    target = factories.told(project)
    Membership.objects.filter(team=project.team).update(role=Role.VIEWER)
    shown = person.get(page(project)).content.decode()
    assert "Tell somebody" not in shown
    assert "Resend" not in shown
    for verb in ("test", "pause", "resume", "remove", "events"):
        assert person.post(f"/{project.team.slug}/-/notifications/{target.pk}/{verb}").status_code == 403
    assert person.post(page(project), {"kind": "slack"}).status_code == 403
    assert person.post(page(project), {"secret_of": target.pk}).status_code == 403


def test_the_ledger_is_narrowed_and_leads_on(person: Client, project: Project) -> None:
    factories.told(project, deliveries=120)
    failed = person.get(f"{page(project)}?status=failed").content.decode()
    assert "branch-119" not in failed
    assert "branch-117" in failed
    first = person.get(page(project)).content.decode()
    (older,) = re.findall(r"\?before=\d+", first)
    assert "branch-69" in person.get(page(project) + older).content.decode()
    for odd in ("?status=%00", "?target=x", "?before=9999999999999999999999", "?kind=nonsense"):
        assert person.get(page(project) + odd).status_code == 200


def test_more_rows_are_no_more_queries(person: Client, project: Project) -> None:
    factories.told(project, "one")
    few = _queries(person, project)
    for name in ("two", "three", "four"):
        factories.told(project, name, deliveries=7)
    assert _queries(person, project) == few


def _queries(person: Client, project: Project) -> int:
    with CaptureQueriesContext(connection) as asked:
        assert person.get(page(project)).status_code == 200
    return len(asked)


def test_markup_of_strangers_is_text_on_the_page(person: Client, project: Project) -> None:
    factories.told(project)
    Notification.objects.update(answer="<script>alert(1)</script>")
    assert "<script>alert" not in person.get(page(project)).content.decode()
