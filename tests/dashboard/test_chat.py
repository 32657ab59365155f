"""The chat box: members talk with a deployment through the dashboard, nobody else does, and no cookie reaches it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from socketserver import UnixStreamServer
from threading import Thread
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from deployments.addresses import agent_socket
from deployments.models import Deployment, Route, RouteKind
from projects.actions import set_variable
from projects.models import Environment, Membership, Project, Role, User
from tests import asgi, factories
from tests.web_server import Reply, WebServer, web_server

pytestmark = pytest.mark.django_db(transaction=True)


class Agent(BaseHTTPRequestHandler):
    """Answers with what it was asked."""

    def do_POST(self) -> None:  # the library's name
        said = self.rfile.read(int(self.headers["Content-Length"])).decode()
        heard = {
            "path": self.path,
            "said": said,
            "headers": {name.lower(): value for name, value in self.headers.items()},
        }
        body = json.dumps(heard).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def address_string(self) -> str:
        return "unix"

    def log_message(self, *_words: object) -> None:
        return


@pytest.fixture
def owner() -> User:
    return factories.user()


@pytest.fixture
def deployment(owner: User) -> Iterator[Deployment]:
    """Live, with a process behind its socket."""
    project = factories.project(factories.team(owner))
    set_variable(project, "DEXTO_API_KEYS", "k1, k2", environment=Environment.PRODUCTION, actor=owner)
    live = factories.ready(project)
    socket = agent_socket(settings.RUN_DIR, live.public_id)
    socket.parent.mkdir(parents=True, exist_ok=True)
    with UnixStreamServer(str(socket), Agent) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield live
        server.shutdown()
        thread.join()
    socket.unlink()


def _asked(deployment: Deployment, user: User, *, origin: str = "") -> asgi.Answer:
    person = Client()
    person.force_login(user)
    body = b'{"content": "hi", "sessionId": "s"}'
    headers = {
        "cookie": f"{settings.SESSION_COOKIE_NAME}={person.cookies[settings.SESSION_COOKIE_NAME].value}",
        "origin": origin or settings.PUBLIC_URL,
        "content-type": "application/json",
        "content-length": str(len(body)),
    }
    path = f"/events/agents/{deployment.public_id}/message-stream"
    return asgi.ask(path, method="POST", body=body, headers=headers)


def test_a_member_talks_with_the_agent_which_sees_a_key_and_no_cookie(deployment: Deployment, owner: User) -> None:
    answer = _asked(deployment, owner)
    assert answer.status == 200
    heard = json.loads(answer.body)
    assert heard["path"] == "/api/message-stream"
    assert json.loads(heard["said"])["content"] == "hi"
    assert heard["headers"]["authorization"] == "Bearer k1"
    assert "cookie" not in heard["headers"]


def test_nobody_else_does(deployment: Deployment) -> None:
    viewer = factories.user()
    Membership.objects.create(team=deployment.team, user=viewer, role=Role.VIEWER)
    assert _asked(deployment, viewer).status == 404
    assert _asked(deployment, factories.user()).status == 404


def test_another_site_cannot_talk_in_a_persons_name(deployment: Deployment, owner: User) -> None:
    assert _asked(deployment, owner, origin="https://evil.example").status == 404


@dataclass(frozen=True)
class Elsewhere:
    """A deployment at a vendor, and the server that answers for the vendor's hostnames."""

    deployment: Deployment
    vendor: WebServer


def _at_a_vendor(project: Project, address: str) -> Deployment:
    live = factories.ready(project)
    destination = factories.elsewhere(project).destination
    Deployment.objects.filter(pk=live.pk).update(destination=destination)
    Route.objects.filter(wanted=live).update(destination=destination, address="")
    Route.objects.filter(wanted=live, kind=RouteKind.DEPLOYMENT).update(address=address)
    return live


@pytest.fixture
def elsewhere(owner: User, settings: Any) -> Iterator[Elsewhere]:
    project = factories.project(factories.team(owner))
    set_variable(project, "DEXTO_API_KEYS", "k1, k2", environment=Environment.PRODUCTION, actor=owner)
    deployment = _at_a_vendor(project, "https://agent-1.vendor.example")
    with web_server({"/api/message-stream": Reply(200, b"data: {}\n\n", {"Set-Cookie": "a=b"})}) as vendor:
        settings.PLATFORM_ENDPOINTS = {"fly": ("", vendor.url)}
        yield Elsewhere(deployment, vendor)


def test_one_at_a_vendor_is_asked_from_here(elsewhere: Elsewhere, owner: User) -> None:
    answer = _asked(elsewhere.deployment, owner)
    assert (answer.status, answer.body) == (200, b"data: {}\n\n")
    assert "set-cookie" not in answer.headers
    [seen] = elsewhere.vendor.seen
    heard = {name.lower(): value for name, value in seen.headers.items()}
    assert (seen.method, seen.path, json.loads(seen.body)["content"]) == ("POST", "/api/message-stream", "hi")
    assert (heard["host"], heard["authorization"]) == ("agent-1.vendor.example", "Bearer k1")
    assert "cookie" not in heard


def test_nobody_else_asks_one_at_a_vendor(elsewhere: Elsewhere, owner: User) -> None:
    assert _asked(elsewhere.deployment, factories.user()).status == 404
    assert _asked(elsewhere.deployment, owner, origin="https://evil.example").status == 404
    assert not elsewhere.vendor.seen


@pytest.mark.parametrize(
    "address",
    [
        *(
            "https://127.0.0.1:1",
            "https://169.254.169.254/latest",
            "https://[::1]",
            "https://10.0.0.1",
            "https://localhost",
        ),
        *("http://example.com", "https://no-such-name.invalid", "https://a b"),
    ],
)
def test_an_address_that_is_not_public_is_not_visited(owner: User, address: str) -> None:
    answer = _asked(_at_a_vendor(factories.project(factories.team(owner)), address), owner)
    assert answer.status == 502
    assert json.loads(answer.body)["message"].startswith(f"The agent does not answer at {address}: ")


def test_the_page_says_why_there_is_nobody_to_talk_with(elsewhere: Elsewhere, owner: User) -> None:
    person, live = Client(), elsewhere.deployment
    person.force_login(owner)
    path = f"/{live.team.slug}/{live.project.slug}/deployments/{live.public_id}"
    assert "data-chat=" in person.get(path).content.decode()
    Route.objects.filter(wanted=live).update(address="")
    page = person.get(path).content.decode()
    assert "data-chat=" not in page
    assert "at fly only what serves has an address" in page
    assert _asked(live, owner).status == 404
