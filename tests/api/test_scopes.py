"""What a token may do: every endpoint by its scope, and nothing by a token that is dead."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from api.urls import urlpatterns
from projects import tokens
from projects.actions import set_variable
from projects.models import ApiToken, Environment, Membership, Role, Team, User
from projects.tokens import Scope
from tests import factories
from tests.undone import undone

pytestmark = pytest.mark.django_db

#: What each endpoint needs, apart from reading: that needs `read`.
NEEDED = {
    ("POST", "projects"): Scope.CONFIGURE,
    ("POST", "repositories"): Scope.CONFIGURE,
    ("PATCH", "projects/<slug:slug>"): Scope.CONFIGURE,
    ("DELETE", "projects/<slug:slug>"): Scope.CONFIGURE,
    ("POST", "projects/<slug:slug>/bundles/missing"): Scope.DEPLOY,
    ("POST", "projects/<slug:slug>/blobs"): Scope.DEPLOY,
    ("POST", "projects/<slug:slug>/deployments"): Scope.DEPLOY,
    ("POST", "projects/<slug:slug>/rollback"): Scope.DEPLOY,
    ("POST", "projects/<slug:slug>/undo-rollback"): Scope.DEPLOY,
    ("POST", "projects/<slug:slug>/variables"): Scope.CONFIGURE,
    ("DELETE", "projects/<slug:slug>/variables/<str:name>"): Scope.CONFIGURE,
    ("POST", "projects/<slug:slug>/destinations"): Scope.CONFIGURE,
    ("PATCH", "projects/<slug:slug>/destinations/<slug:destination>"): Scope.CONFIGURE,
    ("DELETE", "projects/<slug:slug>/destinations/<slug:destination>"): Scope.CONFIGURE,
    ("DELETE", "projects/<slug:slug>/services/<slug:service>"): Scope.CONFIGURE,
    ("POST", "projects/<slug:slug>/services/<slug:service>/inspect"): Scope.DEPLOY,
    ("POST", "projects/<slug:slug>/services/<slug:service>/retry"): Scope.DEPLOY,
    ("POST", "projects/<slug:slug>/services/<slug:service>/follow"): Scope.DEPLOY,
    ("DELETE", "projects/<slug:slug>/storages/<slug:storage>"): Scope.CONFIGURE,
    ("POST", "projects/<slug:slug>/canary"): Scope.DEPLOY,
    ("POST", "projects/<slug:slug>/domains"): Scope.CONFIGURE,
    ("POST", "projects/<slug:slug>/domains/<str:hostname>"): Scope.CONFIGURE,
    ("DELETE", "projects/<slug:slug>/domains/<str:hostname>"): Scope.CONFIGURE,
    ("POST", "projects/<slug:slug>/trusted"): Scope.ADMIN,
    ("DELETE", "projects/<slug:slug>/trusted/<int:pk>"): Scope.ADMIN,
    ("POST", "tokens"): Scope.CONFIGURE,
    ("DELETE", "tokens/<int:pk>"): Scope.CONFIGURE,
    ("PATCH", "members/<str:user>"): Scope.ADMIN,
    ("DELETE", "members/<str:user>"): Scope.ADMIN,
    ("POST", "invitations"): Scope.ADMIN,
    ("DELETE", "invitations/<int:pk>"): Scope.ADMIN,
    ("POST", "deliveries/<int:pk>/replay"): Scope.DEPLOY,
    ("POST", "queue/operations/<int:pk>/repeat"): Scope.ADMIN,
    ("POST", "notifications"): Scope.CONFIGURE,
    ("PATCH", "notifications/<int:target>"): Scope.CONFIGURE,
    ("DELETE", "notifications/<int:target>"): Scope.CONFIGURE,
    ("POST", "notifications/<int:target>/test"): Scope.CONFIGURE,
    ("POST", "notifications/<int:target>/secret"): Scope.CONFIGURE,
    ("POST", "notifications/deliveries/<uuid:delivery>/resend"): Scope.CONFIGURE,
    ("POST", "accounts"): Scope.ADMIN,
    ("PUT", "accounts/<slug:platform>/<slug:account>"): Scope.ADMIN,
    ("DELETE", "accounts/<slug:platform>/<slug:account>"): Scope.ADMIN,
    ("POST", "accounts/<slug:platform>/<slug:account>/check"): Scope.ADMIN,
    ("POST", "deployments/<str:public_id>/rollback"): Scope.DEPLOY,
    ("DELETE", "deployments/<str:public_id>"): Scope.DEPLOY,
    ("POST", "deployments/<str:public_id>/promote"): Scope.DEPLOY,
    ("POST", "deployments/<str:public_id>/redeploy"): Scope.DEPLOY,
    ("POST", "deployments/<str:public_id>/approve"): Scope.DEPLOY,
    ("POST", "deployments/<str:public_id>/cancel"): Scope.DEPLOY,
}
#: What is read, and is not for everyone who may read.
READ_BY = {("GET", "queue"): Scope.ADMIN, ("GET", "queue/operations"): Scope.ADMIN}
#: A description, what does not exist, and where a machine proves who it is by what it sends.
ANYBODY = {"schema", "docs", "[\\s\\S]*", "oidc/exchange", "device", "device/token"}


def endpoints() -> Iterator[tuple[str, str]]:
    for pattern in urlpatterns:
        view: Any = getattr(pattern.callback, "view_class", None)
        methods = ("get", "post", "put", "patch", "delete")
        yield from ((name.upper(), str(pattern.pattern)) for name in methods if hasattr(view, name))


ALL = [(method, route) for method, route in endpoints() if route not in ANYBODY]


class Asking:
    """A team with one of everything, and tokens of its owner."""

    def __init__(self) -> None:
        self.user: User = factories.user()
        User.objects.filter(pk=self.user.pk).update(is_superuser=True)
        self.team: Team = factories.team(self.user)
        self.project = factories.project(self.team)
        self.deployment = factories.ready(self.project)
        self.service = factories.elsewhere(self.project)
        self.target = factories.told(self.project)
        set_variable(self.project, "GREETING", "v", environment=Environment.PRODUCTION, actor=None)
        self.numbered = factories.numbered(self.project, self.user)

    def token(self, *scopes: Scope) -> str:
        return tokens.mint(self.team, self.user, "a token", scopes=frozenset(scopes))

    def path(self, route: str) -> str:
        parts = {
            "<slug:slug>": self.project.slug,
            "<str:public_id>": self.deployment.public_id,
            "<str:name>": "GREETING",
            "<str:user>": self.user.username,
            "<str:stream>": "build",
            "<str:key>": self.deployment.public_id,
            "<int:pk>": str(self.numbered[route].pk) if "<int:pk>" in route else "",
            "<slug:destination>": "edge",
            "<slug:service>": self.service.name,
            "<slug:storage>": self.service.destination.storages.get().name,
            "<slug:platform>": "fly",
            "<slug:account>": self.service.account.name if self.service.account else "",
            "<int:target>": str(self.target.pk),
            "<uuid:delivery>": str(self.target.notifications.get().public_id),
            "<str:hostname>": self.service.destination.domains.get().hostname,
        }
        for part, value in parts.items():
            route = route.replace(part, value)
        return f"/api/v1/{route}"

    def status(self, token: str, method: str, route: str, *, visitor: int = 0) -> int:
        # Each from an address of its own: who sends many wrong tokens is made to wait.
        address = f"10.{visitor % 250}.{self.team.pk // 250 % 250}.{self.team.pk % 250}"
        client = Client(headers={"Authorization": f"Bearer {token}"}, REMOTE_ADDR=address)
        body = {"slug": "new", "name": "A", "value": "v", "environment": "preview", "percent": 0}
        answer = getattr(client, method.lower())(self.path(route), body, content_type="application/json")
        return int(answer.status_code)


@pytest.fixture
def asking() -> Asking:
    return Asking()


def test_every_endpoint_that_writes_says_what_it_needs() -> None:
    assert {one for one in ALL if one[0] != "GET"} == set(NEEDED)


def test_the_one_scope_opens_and_all_the_others_do_not(asking: Asking) -> None:
    for method, route in ALL:
        needed = {**NEEDED, **READ_BY}.get((method, route), Scope.READ)
        with undone():
            others = asking.token(*(scope for scope in Scope if scope is not needed))
            assert asking.status(others, method, route) == 403, (method, route)
            opened = asking.status(asking.token(needed), method, route)
            assert opened not in (401, 403, 404, 405), (method, route)


@pytest.mark.parametrize("end", ["expires_at", "revoked_at"])
def test_a_token_that_is_dead_is_401(asking: Asking, end: str) -> None:
    token = asking.token(*Scope)
    assert asking.status(token, "GET", "me") == 200
    ApiToken.objects.update(**{end: timezone.now() - timedelta(seconds=1)})
    for number, (method, route) in enumerate(ALL):
        assert asking.status(token, method, route, visitor=number) == 401, (method, route)


def test_a_token_that_is_about_to_expire_still_works(asking: Asking) -> None:
    token = asking.token(Scope.READ)
    ApiToken.objects.update(expires_at=timezone.now() + timedelta(minutes=1))
    assert asking.status(token, "GET", "me") == 200


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer nothing", "Basic Zm9v", "dexto_x"])
def test_without_a_token_it_is_said_how_to_send_one(header: str) -> None:
    answer = Client(headers={"Authorization": header} if header else {}).get("/api/v1/me")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_token_follows_its_owner_s_role(asking: Asking) -> None:
    token = asking.token(*Scope)
    assert asking.status(token, "POST", "projects/<slug:slug>/variables") == 201
    Membership.objects.filter(user=asking.user).update(role=Role.VIEWER)
    assert asking.status(token, "POST", "projects/<slug:slug>/variables") == 403
    assert asking.status(token, "GET", "projects") == 200
    Membership.objects.all().delete()
    assert asking.status(token, "GET", "projects") == 403


def test_who_may_no_longer_sign_in_may_not_send_a_token_either(asking: Asking) -> None:
    token = asking.token(*Scope)
    User.objects.update(is_active=False)
    assert asking.status(token, "GET", "me") == 401
