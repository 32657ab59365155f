"""A new password by mail, through a real mail server; who has an account shows nowhere, and a link works once."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
import redis
from dexto_cloud.environment import Environment
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.test import Client

from dashboard import tasks
from projects import tokens
from projects.models import AuditEntry, User
from projects.tokens import Scope
from tests import factories
from tests.mail_server import Mailbox, mail_server

pytestmark = pytest.mark.django_db
OLD, NEW = "quite a Long one 1", "quite a Long one 2"


def link_in(box: Mailbox) -> str:
    """The path of the only link in the last mail."""
    (link,) = re.findall(rf"{re.escape(settings.PUBLIC_URL)}(/\S+/\S+)", box.text())
    return str(link)


@pytest.fixture
def mailbox(settings: Any) -> Iterator[Mailbox]:
    with mail_server() as box:
        settings.SMTP = Environment({"DEXTO_SMTP_URL": box.url}).mail_server("DEXTO_SMTP_URL")
        yield box


@pytest.fixture
def person() -> Client:
    return Client(headers={"X-Forwarded-For": str(uuid4())})


@pytest.fixture
def ada() -> User:
    found = factories.user(f"ada-{uuid4().hex[:8]}", OLD)
    User.objects.filter(pk=found.pk).update(email=f"{found.username}@example.com")
    factories.team(found)
    return User.objects.get(pk=found.pk)


def asked_for(person: Client, who: str) -> bytes:
    return person.post("/sign-in/forgotten", {"who": who}).content


def nudged(who: str) -> bool:
    """Whether workers were told of it."""
    with redis.Redis.from_url(settings.REDIS_URL) as broker:
        messages = [json.loads(one) for one in broker.lrange("celery", 0, -1)]
    return any(
        one["headers"]["task"] == tasks.send_resets.name and who in one["headers"]["argsrepr"] for one in messages
    )


def signs_in(name: str, password: str) -> bool:
    client = Client(headers={"X-Forwarded-For": str(uuid4())})
    return client.post("/sign-in", {"username": name, "password": password}).status_code == 302


def set_to(person: Client, link: str, password: str) -> int:
    return person.post(link, {"new_password1": password, "new_password2": password}).status_code


def test_a_link_that_comes_by_mail_sets_a_new_password_once_and_ends_every_session(
    person: Client, ada: User, mailbox: Mailbox
) -> None:
    elsewhere = Client()
    elsewhere.force_login(ada)
    assert b"a link is on its way" in asked_for(person, ada.username)
    assert nudged(ada.username)
    tasks.send_resets(ada.username)
    (mail,) = mailbox.mails
    assert mail["To"] == ada.email
    link = link_in(mailbox)
    assert person.get(link).status_code == person.get(link).status_code == 200, "a look changes nothing"
    assert set_to(person, link, "short") == 200
    assert elsewhere.get("/account").status_code == 200
    assert set_to(person, link, NEW) == 302
    assert elsewhere.get("/account").status_code == 302, "other sessions end"
    assert signs_in(ada.username, NEW)
    assert not signs_in(ada.username, OLD)
    assert set_to(person, link, OLD) == 302
    assert signs_in(ada.username, NEW), "the link worked once"
    assert AuditEntry.objects.filter(verb="password.reset", actor=ada).exists()


def test_who_remembers_and_signs_in_makes_the_link_worthless(person: Client, ada: User, mailbox: Mailbox) -> None:
    tasks.send_resets(ada.username)
    assert signs_in(ada.username, OLD)
    assert set_to(person, link_in(mailbox), NEW) == 302
    assert signs_in(ada.username, OLD)


def test_who_has_no_account_is_answered_just_like_who_has(person: Client, ada: User, mailbox: Mailbox) -> None:
    nobody = f"nobody-{uuid4().hex[:8]}"
    answers = {re.sub(rb'value="[^"]{20,}"', b"", asked_for(person, who)) for who in (nobody, ada.username, ada.email)}
    assert len(answers) == 1
    assert nudged(nobody), "and takes as long: a worker looks it up"
    tasks.send_resets(nobody)
    tasks.send_resets("")
    assert mailbox.mails == []


def test_an_address_finds_everybody_who_has_it_and_nobody_who_left(ada: User, mailbox: Mailbox) -> None:
    other = factories.user()
    User.objects.filter(pk=other.pk).update(email=ada.email)
    gone = factories.user()
    User.objects.filter(pk=gone.pk).update(email=ada.email, is_active=False)
    tasks.send_resets(ada.email.upper())
    assert len(mailbox.mails) == 2


def test_nobody_is_flooded_with_mail(person: Client, ada: User, mailbox: Mailbox) -> None:
    statuses = [person.post("/sign-in/forgotten", {"who": ada.username}).status_code for _ in range(4)]
    assert statuses == [200, 200, 200, 429]
    elsewhere = Client(headers={"X-Forwarded-For": str(uuid4())})
    assert elsewhere.post("/sign-in/forgotten", {"who": ada.username.upper()}).status_code == 429


def test_a_link_expires_and_fits_one_person(person: Client, ada: User, mailbox: Mailbox, settings: Any) -> None:
    tasks.send_resets(ada.username)
    link = link_in(mailbox)
    number, _, proof = link.rpartition("/")[2].partition("-")
    other_end = "0" if proof[-1] != "0" else "1"
    for forged in (
        f"1{number}-{proof}",
        f"{number}-{proof[:-1]}{other_end}",
        number,
        "-",
        "zzzzzzzzzzzzzzzz-x",
        f"{number}-",
    ):
        assert person.get(f"/sign-in/reset/{forged}").status_code == 302
    settings.PASSWORD_RESET_TIMEOUT = -1
    assert person.get(link).status_code == 302


def test_the_link_leads_to_the_installation_whatever_host_was_asked(ada: User, mailbox: Mailbox) -> None:
    Client().post("/sign-in/forgotten", {"who": ada.username}, headers={"X-Forwarded-Host": "evil.example"})
    tasks.send_resets(ada.username)
    assert "evil" not in mailbox.mails[-1].as_string()


def test_an_address_is_a_person_s_once_its_link_was_followed_by_them(
    person: Client, ada: User, mailbox: Mailbox
) -> None:
    before, new = ada.email, "ada@elsewhere.example"
    person.force_login(ada)
    person.post("/account/address", {"address": new, "password": "wrong"})
    person.post("/account/address", {"address": "no address\r\nBcc: x@example.com", "password": OLD})
    assert mailbox.mails == []
    person.post("/account/address", {"address": new, "password": OLD})
    assert mailbox.mails[-1]["To"] == new
    link = link_in(mailbox)
    someone = Client()
    someone.force_login(factories.user())
    someone.post(link)
    person.get(link)
    assert User.objects.get(pk=ada.pk).email == before
    person.post(link)
    assert User.objects.get(pk=ada.pk).email == new
    User.objects.filter(pk=ada.pk).update(email=before[1:])
    person.post(link)
    assert User.objects.get(pk=ada.pk).email == before[1:], "a link of before is worthless"


def test_a_mail_server_that_is_away_is_said(person: Client, ada: User, settings: Any) -> None:
    settings.SMTP = Environment({"M": "smtp+plain://127.0.0.1:1"}).mail_server("M")
    person.force_login(ada)
    page = person.post("/account/address", {"address": "a@example.com", "password": OLD}, follow=True)
    assert "did not take it" in page.content.decode()
    with pytest.raises(OSError, match="refused"):
        tasks.send_resets(ada.username)


def test_without_a_mail_server_there_is_no_such_page(person: Client, ada: User) -> None:
    assert person.get("/sign-in/forgotten").status_code == 404
    assert "forgotten" not in person.get("/sign-in").content.decode().replace("or forgotten?", "")
    person.force_login(ada)
    assert person.post("/account/address", {"address": "a@example.com"}).status_code == 404


def test_tokens_outlive_a_new_password_and_the_page_says_so(person: Client, ada: User, mailbox: Mailbox) -> None:
    token = tokens.mint(ada.memberships.get().team, ada, "t", scopes=frozenset(Scope))
    tasks.send_resets(ada.username)
    assert "API tokens go on working" in person.get(link_in(mailbox)).content.decode()
    set_to(person, link_in(mailbox), NEW)
    assert Client(headers={"Authorization": f"Bearer {token}"}).get("/api/v1/me").status_code == 200


@pytest.mark.parametrize(
    ("url", "port", "tls", "ssl"),
    [("smtp://u:p%40@mail.example", 587, True, False), ("smtps://u:p%40@mail.example:4650", 4650, False, True)],
)
def test_a_mail_server_is_named_by_one_url(url: str, port: int, tls: bool, ssl: bool) -> None:
    found = Environment({"M": url}).mail_server("M")
    assert (found["port"], found["use_tls"], found["use_ssl"], found["password"]) == (port, tls, ssl, "p@")


@pytest.mark.parametrize("url", ["mail.example:25", "http://mail.example", "smtp://"])
def test_what_is_no_mail_server_is_refused_at_the_start(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="M must be"):
        Environment({"M": url}).mail_server("M")
