"""The web's own rules, on every address: headers, cookies, forms, hosts.

Settings that depend on how the dashboard is served are read by a process of its own, as production reads them.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import pytest
from dexto_cloud.edge_configuration import GATEWAY_HEADER
from django.conf import settings
from django.test import Client

from bench.installation import Installation
from dashboard.middleware import POLICY
from tests import asgi, factories
from tests.dexto_cloud.test_tenancy import ALL, OPEN, Theirs, everything, filled, person_of, program_of
from tests.undone import undone

ROOT = Path(__file__).resolve().parents[2]
#: Without parts that stand for something, so that they may be asked as they are.
PLAIN = [route for route in OPEN if "<" not in route and "[" not in route]
OWNED = [route for route in ALL if route not in OPEN]
PAGES = [route for route in OWNED if not route.startswith("api/")]


def pages_of(of: Theirs) -> Iterator[tuple[str, str]]:
    """Each page of a team's person, by its address."""
    person = person_of(of)
    for path in (filled(route, of) for route in PAGES):
        with undone():
            yield path, person.get(path).getvalue().decode()


@pytest.mark.django_db
class TestHeaders:
    def test_every_answer_has_them_whoever_asks(self) -> None:
        of = everything("agent")
        clients = (Client(), person_of(of), program_of(of))
        for path in (*(f"/{route}" for route in PLAIN), *(filled(route, of) for route in OWNED)):
            for client in clients:
                with undone():
                    answers = (client.get(path), client.post(path))
                for answer in answers:
                    assert answer.headers["X-Content-Type-Options"] == "nosniff", path
                    assert answer.headers["X-Frame-Options"] == "DENY", path
                    assert answer.headers["Referrer-Policy"] == "same-origin", path
                    assert answer.headers["Content-Security-Policy"] == POLICY, path

    def test_a_page_that_is_not_there_has_them_too(self) -> None:
        for path in ("/no/such/page/at/all", "/api/v1/nothing", "/api/cloud-agents/a/b/c"):
            assert Client().get(path).headers["Content-Security-Policy"] == POLICY

    @pytest.mark.django_db(transaction=True)
    @pytest.mark.parametrize(
        "path", ["/events/streams/1", "/git/a.git/info/refs?service=git-upload-pack", "/api/cloud-agents/a/agent/reset"]
    )
    def test_nor_do_long_answers_lack_them(self, path: str) -> None:
        headers = asgi.ask(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'; sandbox"

    def test_the_policy_lets_nothing_inline_and_nothing_foreign_run(self) -> None:
        assert "unsafe" not in POLICY
        assert "default-src 'none'" in POLICY
        assert "frame-ancestors 'none'" in POLICY
        assert "*" not in POLICY

    def test_no_page_needs_what_the_policy_forbids(self) -> None:
        for path, page in pages_of(everything("agent")):
            assert not re.search(r"<script(?![^>]*\ssrc=)", page), path
            assert not re.search(r"\son[a-z]+\s*=|\sstyle\s*=|javascript:", page), path
            assert not re.search(r'(?:src|action)="(?:https?:)?//', page), path


@pytest.mark.django_db
class TestForms:
    def test_nothing_is_changed_without_the_form_s_own_token(self) -> None:
        of = everything("agent")
        person = Client(enforce_csrf_checks=True)
        person.force_login(of.user)
        for path in (filled(route, of) for route in PAGES):
            assert person.post(path).status_code in (403, 405), path

    @pytest.mark.parametrize("route", ["sign-in", "sign-out", "account"])
    def test_nor_by_the_forms_of_everybody(self, route: str) -> None:
        person = Client(enforce_csrf_checks=True)
        person.force_login(factories.user())
        assert person.post(f"/{route}").status_code == 403

    def test_every_form_that_posts_has_it(self) -> None:
        for path, page in pages_of(everything("agent")):
            for form in re.findall(r"<form[^>]*method=\"post\".*?</form>", page, re.S | re.I):
                assert "csrfmiddlewaretoken" in form, path

    @pytest.mark.parametrize(
        "place", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
    )
    def test_signing_in_sends_nobody_elsewhere(self, place: str) -> None:
        factories.user("ada", password="a-good-long-password")
        body = {"username": "ada", "password": "a-good-long-password", "next": place}
        assert Client(REMOTE_ADDR="192.0.2.7").post("/sign-in", body).headers["Location"] == "/"


@pytest.mark.django_db
class TestCookies:
    def test_the_session_belongs_to_this_host_alone_and_no_script_reads_it(self) -> None:
        factories.user("ada", password="a-good-long-password")
        person = Client(REMOTE_ADDR="192.0.2.8")
        person.post("/sign-in", {"username": "ada", "password": "a-good-long-password"})
        cookie = person.cookies[settings.SESSION_COOKIE_NAME]
        assert cookie["domain"] == ""  # host-only: no agent's host below the base domain is sent it
        assert cookie["httponly"]
        assert cookie["samesite"] == "Lax"


def as_served(public_url: str) -> dict[str, Any]:
    """The settings that another process reads with this address."""
    names = ("SECURE_HSTS_SECONDS", "SECURE_HSTS_INCLUDE_SUBDOMAINS", "SECURE_SSL_REDIRECT", "SESSION_COOKIE_SECURE")
    names += (
        "CSRF_COOKIE_SECURE",
        "SESSION_COOKIE_DOMAIN",
        "CSRF_COOKIE_DOMAIN",
        "CSRF_TRUSTED_ORIGINS",
        "ALLOWED_HOSTS",
    )
    program = (
        "import json, django; django.setup(); from django.conf import settings;"
        f"print(json.dumps({{name: getattr(settings, name) for name in {names!r}}}))"
    )
    environment = os.environ | {
        "DEXTO_PUBLIC_URL": public_url,
        "DEXTO_BASE_DOMAIN": "agents.test",
        "DEXTO_EMBEDDED": "0",
    }
    done = subprocess.run([sys.executable, "-c", program], env=environment, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_behind_tls_everything_insists_on_it() -> None:
    found = as_served("https://dexto.example")
    assert found["SECURE_HSTS_SECONDS"] >= 31_536_000
    assert found["SECURE_HSTS_INCLUDE_SUBDOMAINS"]
    assert found["SECURE_SSL_REDIRECT"]
    assert found["SESSION_COOKIE_SECURE"]
    assert found["CSRF_COOKIE_SECURE"]
    assert found["SESSION_COOKIE_DOMAIN"] is None
    assert found["CSRF_COOKIE_DOMAIN"] is None
    assert found["CSRF_TRUSTED_ORIGINS"] == ["https://dexto.example"]


def test_without_tls_nothing_promises_it() -> None:
    found = as_served("http://dexto.example")
    assert found["SECURE_HSTS_SECONDS"] == 0
    assert not found["SESSION_COOKIE_SECURE"]


def test_an_agent_s_domain_that_is_the_dashboard_s_own_is_refused() -> None:
    environment = os.environ | {
        "DEXTO_PUBLIC_URL": "https://app.agents.test",
        "DEXTO_BASE_DOMAIN": "agents.test",
        "DEXTO_EMBEDDED": "0",
    }
    program = "import django; django.setup()"
    done = subprocess.run([sys.executable, "-c", program], env=environment, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode != 0
    assert "shares the dashboard's domain" in done.stderr


class TestFromOutside:
    """Through the edge of an installation that runs."""

    def test_a_host_that_is_nobody_s_is_refused(self, installed: Installation) -> None:
        for host in ("evil.example", "evil.example:80", "localhost.evil.example", "169.254.169.254"):
            assert self.status(installed, "/", Host=host)[0] == 404

    def test_nobody_outside_may_speak_to_the_gateway(self, installed: Installation) -> None:
        host = installed.url.removeprefix("http://")
        status, body = self.status(installed, "/healthz", Host=host, **{GATEWAY_HEADER: "1"})
        assert (status, body) == (200, b"ok\n"), "the header is gone by the time that anybody looks for it"
        status, body = self.status(installed, "/events/streams/1", Host=host, **{GATEWAY_HEADER: "1"})
        assert b"There is nothing at this address" not in body

    def test_what_is_for_machines_inside_is_not_there(self, installed: Installation) -> None:
        host = installed.url.removeprefix("http://")
        for path in ("/internal/known-host?domain=x", "/internal/../internal/known-host", "//internal/known-host"):
            assert self.status(installed, path, Host=host)[0] in (301, 308, 404)

    def test_the_session_opens_no_agent_s_host(self, installed: Installation) -> None:
        answer = installed.connect()
        answer.request("GET", "/sign-in", headers={"Host": installed.url.removeprefix("http://")})
        cookies = SimpleCookie(answer.getresponse().headers.get("Set-Cookie", ""))
        answer.close()
        assert cookies, "the form's token is a cookie"
        assert all(cookie["domain"] == "" for cookie in cookies.values())

    def status(self, installed: Installation, path: str, **headers: str) -> tuple[int, bytes]:
        connection = installed.connect()
        try:
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()
