"""Signing in: how often one may guess, a password of one's own, and a way back."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.test import Client

from dashboard.sign_in import link_for
from tests import factories

pytestmark = pytest.mark.django_db
PASSWORD = "a long enough one"


@pytest.fixture
def person() -> Client:
    """From an address of their own: tries are counted by it."""
    return Client(headers={"X-Forwarded-For": f"1.2.3.4, {uuid4()}"})


def _sign_in(person: Client, name: str, password: str) -> int:
    return person.post("/sign-in", {"username": name, "password": password}).status_code


def test_guessing_a_password_is_stopped_and_the_right_one_must_wait_too(person: Client) -> None:
    user = factories.user(password=PASSWORD)
    assert [_sign_in(person, user.username, f"guess {number}") for number in range(10)] == [200] * 10
    assert _sign_in(person, user.username, PASSWORD) == 429
    answer = person.post("/sign-in", {"username": user.username, "password": "x"})
    assert "Too many tries" in answer.content.decode()


def test_somebody_elses_guesses_do_not_lock_a_person_out(person: Client) -> None:
    user = factories.user(password=PASSWORD)
    for number in range(12):
        _sign_in(person, user.username, f"guess {number}")
    elsewhere = Client(headers={"X-Forwarded-For": str(uuid4())})
    assert _sign_in(elsewhere, user.username, PASSWORD) == 302


def test_a_client_cannot_write_the_address_it_comes_from() -> None:
    user = factories.user()
    last = str(uuid4())
    statuses = {
        _sign_in(Client(headers={"X-Forwarded-For": f"{uuid4()}, {last}"}), user.username, f"guess {number}")
        for number in range(12)
    }
    assert 429 in statuses


def test_who_came_by_a_link_sets_a_first_password_and_then_needs_the_old_one(person: Client) -> None:
    user = factories.user()
    user.set_unusable_password()
    user.save()
    person.post(link_for(user).partition("/sign-in/")[2].join(["/sign-in/", ""]))
    assert "Old password" not in person.get("/account").content.decode()
    person.post("/account", {"new_password1": "quite a Long one 7", "new_password2": "quite a Long one 7"})
    assert "Old password" in person.get("/account").content.decode()
    assert _sign_in(Client(headers={"X-Forwarded-For": str(uuid4())}), user.username, "quite a Long one 7") == 302


def test_changing_the_password_ends_every_other_session(person: Client) -> None:
    user = factories.user(password=PASSWORD)
    other = Client()
    other.force_login(user)
    person.force_login(user)
    values = {"old_password": PASSWORD, "new_password1": "another Long one 8"}
    person.post("/account", {**values, "new_password2": "another Long one 8"})
    assert person.get("/account").status_code == 200
    assert other.get("/account").status_code == 302


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_after_signing_in_nobody_is_sent_elsewhere(person: Client, target: str) -> None:
    user = factories.user(password=PASSWORD)
    answer = person.post("/sign-in", {"username": user.username, "password": PASSWORD, "next": target})
    assert answer.headers["Location"] == "/"
