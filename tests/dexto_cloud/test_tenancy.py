"""Every address of the installation, asked by another team: what is not theirs does not exist.

The list comes from the resolver. A new address is walked by itself when its parts are known below; where they are
not, or where it holds nothing of a team, this test fails until it says so.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from builds import logs
from deployments.models import (
    Account,
    CloudService,
    Deployment,
    Domain,
    Instance,
    Notification,
    NotificationTarget,
)
from projects import invitations, operations, tokens, trusted_deploys
from projects.actions import set_variable
from projects.models import (
    ApiToken,
    DeployPolicy,
    Environment,
    Invitation,
    Membership,
    Operation,
    Project,
    Role,
    Team,
    User,
    Variable,
)
from projects.tokens import Scope
from tests import asgi, factories
from tests.undone import undone
from webhooks.models import Delivery

#: Addresses without anything of a team in them, and why they are safe to answer.
OPEN = {
    "webhooks/github": "signed by its sender",
    "healthz": "says only that it answers",
    "readyz": "says only which engines answer",
    "metrics": "for the operator, by a token of the installation",
    "internal/known-host": "says only whether a hostname is served here",
    "artefacts/<str:public_id>": "by the token of this one deployment",
    "api/v1/schema": "the API's description",
    "api/v1/docs": "the page on which that description can be tried; it asks for a token",
    "api/v1/me": "who asks",
    "api/v1/device": "begins a sign-in that nobody approved yet",
    "api/v1/device/token": "to who holds the code of a sign-in that a member approved",
    "device": "asks the signed-in person about a code",
    "docs": "this software's documents, which hold nothing of the installation",
    "docs/": "the same",
    "docs/pictures/<str:name>": "their pictures",
    "docs/<path:slug>": "the same",
    "find": "what the asking person's own teams have: see test_finding",
    "api/v1/storages": "what can keep its agents' memory",
    "api/v1/platforms": "what this installation releases to",
    "api/v1/accounts": "the asking team's own: see below",
    "api/v1/projects": "the asking team's own: see below",
    "api/v1/repositories": "makes one of the asking team's own",
    "api/v1/notifications": "the asking team's own",
    "api/v1/notifications/deliveries": "the asking team's own",
    "api/v1/quotas": "the asking team's own",
    "api/v1/find": "what the asking team has",
    "api/v1/tokens": "the asking person's own, in the asking team",
    "api/v1/members": "the asking team's own",
    "api/v1/invitations": "the asking team's own",
    "api/v1/audit": "the asking team's own",
    "api/v1/deliveries": "the asking team's own",
    "api/v1/queue": "for the installation's owner alone",
    "api/v1/queue/operations": "for the installation's owner alone",
    "api/cloud-agents/list": "the asking team's own",
    "api/cloud-agents/deploy": "makes one of the asking team's own",
    "api/v1/[\\s\\S]*": "nothing, said by the API",
    "api/cloud-agents/[\\s\\S]*": "nothing, said by the API",
    "": "the asking person's own teams: see below",
    "sign-in": "a form",
    "sign-in/<str:token>": "signed by the installation",
    "sign-in/forgotten": "a form that says the same of everybody",
    "sign-in/reset/<str:token>": "signed by the installation, for whom it was sent to",
    "account/address": "who asks, and where they are reached",
    "account/address/<str:token>": "signed by the installation, for who asks",
    "sign-in/with/<str:host>": "to a code host, with a state of this session",
    "sign-in/with/<str:host>/back": "from there, with that state",
    "sign-in/installed": "back to one's own team",
    "sign-in/invited/<str:token>": "for whom the link was made",
    "api/v1/oidc/exchange": "signed by the issuer, for a project whose policy it fits",
    "sign-out": "ends one's own session",
    "account": "who asks, and their own password",
}
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
#: Enough for every form: what an address does not know it leaves alone.
BODY = {
    "name": "GREETING",
    "value": "x",
    "environment": "production",
    "production_branch": "main",
    "slug": "another",
    "deployment": "",
    "percent": 0,
}


@dataclass(frozen=True, slots=True)
class Theirs:
    """One of everything that a team has."""

    user: User
    team: Team
    project: Project
    deployment: Deployment
    variable: Variable
    token: str
    service: CloudService

    def parts(self, route: str) -> dict[str, Any]:
        """What stands for each part of an address."""
        return {
            "<slug:team>": self.team.slug,
            "<slug:project>": self.project.slug,
            "<slug:slug>": self.project.slug,
            "<str:public_id>": self.deployment.public_id,
            "<str:name>": self.variable.name,
            "<str:user>": self.user.username,
            "<str:stream>": "build",
            "<str:key>": self.deployment.public_id,
            "<slug:verb>": _verb(route),
            "<slug:stream>": "build",
            "<int:pk>": self.numbered(route),
            "<str:host>": "github.com",
            "<slug:destination>": "edge",
            "<slug:service>": self.service.name,
            "<slug:storage>": self.service.destination.storages.get().name,
            "<slug:platform>": "fly",
            "<slug:account>": f"account-of-{self.project.slug}",
            "<str:hostname>": self.service.destination.domains.get().hostname,
            "<int:target>": NotificationTarget.objects.get(team=self.team).pk,
            "<uuid:delivery>": Notification.objects.filter(team=self.team).earliest("pk").public_id,
            "<int:installation>": 1,
            "<int:number>": 1,
        }

    def numbered(self, route: str) -> int:
        known = {
            "<slug:team>/-/tokens/<int:pk>/revoke": ApiToken.objects.filter(team=self.team),
            "<slug:team>/-/accounts/<int:pk>/<slug:verb>": Account.objects.filter(team=self.team),
            "<slug:team>/<slug:project>/domains/<int:pk>/<slug:verb>": Domain.objects.filter(team=self.team),
            "<slug:team>/-/notifications/<int:pk>/<slug:verb>": NotificationTarget.objects.filter(team=self.team),
            "<slug:team>/-/people/<int:pk>/<slug:verb>": Membership.objects.filter(team=self.team),
            "<slug:team>/-/invitations/<int:pk>/withdraw": Invitation.objects.filter(team=self.team),
            "<slug:team>/-/deliveries/<int:pk>/replay": Delivery.objects.filter(team=self.team),
            "<slug:team>/-/queue/<int:pk>/repeat": Operation.objects.filter(team=self.team),
            "<slug:team>/<slug:project>/trusted/<int:pk>/remove": DeployPolicy.objects.filter(team=self.team),
            "api/v1/tokens/<int:pk>": ApiToken.objects.filter(team=self.team),
            "api/v1/invitations/<int:pk>": Invitation.objects.filter(team=self.team),
            "api/v1/deliveries/<int:pk>/replay": Delivery.objects.filter(team=self.team),
            "api/v1/queue/operations/<int:pk>/repeat": Operation.objects.filter(team=self.team),
            "api/v1/projects/<slug:slug>/trusted/<int:pk>": DeployPolicy.objects.filter(team=self.team),
            "<slug:team>/<slug:project>/variables/<int:pk>/remove": Variable.objects.filter(team=self.team),
        }
        return int(known[route].latest("pk").pk) if "<int:pk>" in route else 0


def _verb(route: str) -> str:
    """One that the address knows."""
    known = {"/deployments/": "redeploy", "/services/": "inspect", "/notifications/": "pause", "/people/": "role"}
    return next((verb for part, verb in known.items() if part in route), "check")


def everything(slug: str, *, hosted: bool = False) -> Theirs:
    user = factories.user()
    team = factories.team(user)
    project = factories.hosted_project(team, slug) if hosted else factories.project(team, slug)
    deployment = factories.ready(project)
    service = factories.elsewhere(project, f"account-of-{slug}")
    factories.told(project)
    invitations.invite(team, Role.MEMBER, "somebody", actor=user)
    wanted = trusted_deploys.Wanted("preview", "1", "1", "refs/heads/main")
    trusted_deploys.trust(project, wanted, actor=user)
    words = {str(team.pk): "deploys"}
    Delivery.objects.create(guid=f"of-{team.slug}", host="github.com", event="push", team=team, decisions=words)
    operations.enqueue(team, "report", deployment.pk, f"report-of-{team.slug}")
    variable = set_variable(project, "GREETING", "v", environment=Environment.PRODUCTION, actor=user)
    token = tokens.mint(team, user, "all", scopes=frozenset(Scope))
    return Theirs(user, team, project, deployment, variable, token, service)


def addresses(patterns: list[URLPattern | URLResolver], before: str = "") -> Iterator[str]:
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, route)
        else:
            yield route


ALL = list(addresses(get_resolver().url_patterns))
OWNED = [route for route in ALL if route not in OPEN]


def filled(route: str, of: Theirs) -> str:
    for part, value in of.parts(route).items():
        route = route.replace(part, str(value))
    assert "<" not in route, f"say in Theirs.parts what stands for a part of {route}"
    return f"/{route}"


def person_of(of: Theirs) -> Client:
    person = Client()
    person.force_login(of.user)
    return person


def program_of(of: Theirs) -> Client:
    return Client(headers={"Authorization": f"Bearer {of.token}"})


def statuses(of: Theirs, path: str) -> set[int]:
    """What a team's person is answered on a page, or its program by the API, whatever the method."""
    if not path.startswith("/api/"):
        person = person_of(of)
        return {person.get(path).status_code, person.post(path, BODY).status_code}
    return {send(program_of(of), method, path) for method in METHODS}


def send(client: Client, method: str, path: str) -> int:
    return int(client.generic(method, path, json.dumps(BODY), content_type="application/json").status_code)


@pytest.mark.django_db
class TestPagesAndApi:
    def test_every_open_address_exists(self) -> None:
        assert set(OPEN) <= set(ALL)
        assert len(OWNED) > 20

    def test_another_team_finds_nothing(self) -> None:
        first, other = everything("agent"), everything("agent-2")
        for route in OWNED:
            path = filled(route, first)
            assert path != f"/{route}", f"{route} is without anything of a team: say in OPEN why it may be"
            with undone():
                assert statuses(other, path) in ({404}, {404, 405}), path
                assert statuses(first, path) - {404, 405}, f"its own team finds {path}"

    def test_nor_by_way_of_its_own_team_s_name(self) -> None:
        first, other = everything("agent"), everything("agent-2")
        for route in (route for route in OWNED if "<slug:team>" in route and route.count("<") > 1):
            number = str(first.numbered(route))
            mixed = route.replace("<slug:team>", other.team.slug).replace("<int:pk>", number)
            named = {filled(mixed, first), filled(mixed.replace("<slug:project>", other.project.slug), first)}
            for path in named - {filled(route, other)}:
                with undone():
                    assert statuses(other, path) in ({404}, {404, 405}), path

    def test_the_api_knows_no_session_which_another_site_could_use(self) -> None:
        first = everything("agent")
        person = person_of(first)
        for path in (filled(route, first) for route in OWNED if route.startswith("api/")):
            assert {send(person, method, path) for method in METHODS} == {401}, path

    def test_nobody_finds_nothing_without_signing_in(self) -> None:
        first = everything("agent")
        for path in (filled(route, first) for route in OWNED):
            for method in ("get", "post"):
                answer = getattr(Client(), method)(path)
                assert answer.status_code in (302, 401), path
                assert answer.status_code == 401 or answer.headers["Location"].startswith("/sign-in?"), path

    def test_lists_hold_one_s_own(self) -> None:
        first, other = everything("agent"), everything("agent-2")
        listed = program_of(other).get("/api/v1/projects").json()
        assert [project["slug"] for project in listed] == ["agent-2"]
        known = program_of(other).get("/api/v1/accounts").json()
        assert [account["name"] for account in known] == ["account-of-agent-2"]
        for path in ("tokens", "members", "invitations", "audit", "deliveries", "find?q=agent"):
            own, theirs = (program_of(one).get(f"/api/v1/{path}").content for one in (other, first))
            assert own != theirs
            assert own != b"[]"
            assert first.user.username.encode() not in own, path
        for path in ("queue", "queue/operations"):
            assert program_of(other).get(f"/api/v1/{path}").status_code == 403
        page = person_of(other).get("/", follow=True).content.decode()
        assert other.team.slug in page
        assert first.team.slug not in page

    def test_another_team_s_deployment_is_no_target_for_one_s_own_rollback(self) -> None:
        first, other = everything("agent"), everything("agent-2")
        answer = program_of(other).post(
            "/api/v1/projects/agent-2/rollback",
            {"deployment": first.deployment.public_id},
            content_type="application/json",
        )
        assert answer.status_code == 404

    def test_a_person_of_two_teams_sees_each_by_its_own_name_only(self) -> None:
        first, other = everything("agent"), everything("agent-2")
        other.team.memberships.create(team=other.team, user=first.user, role="viewer")
        person = person_of(first)
        assert person.get(f"/{other.team.slug}/agent-2").status_code == 200
        assert person.get(f"/{first.team.slug}/agent-2").status_code == 404
        verb = f"/{other.team.slug}/agent-2/deployments/{other.deployment.public_id}/redeploy"
        assert person.post(verb).status_code == 403


GIT = [
    ("GET", "info/refs?service=git-upload-pack"),
    ("GET", "info/refs?service=git-receive-pack"),
    ("POST", "git-upload-pack"),
    ("POST", "git-receive-pack"),
]


@pytest.mark.django_db(transaction=True)
class TestStreamsAndGit:
    @pytest.mark.parametrize(("method", "service"), GIT)
    def test_another_team_s_repository_does_not_exist(self, method: str, service: str) -> None:
        first, other = everything("agent", hosted=True), everything("agent-2")
        path = f"/git/agent.git/{service}"
        theirs = asgi.ask(path, method=method, headers=asgi.basic(other.token))
        nobodys = asgi.ask(f"/git/nobody.git/{service}", method=method, headers=asgi.basic(other.token))
        assert (theirs.status, theirs.body) == (nobodys.status, nobodys.body) == (404, theirs.body)
        assert asgi.ask(path, method=method).status == 401
        if method == "GET":
            assert asgi.ask(path, headers=asgi.basic(first.token)).status == 200

    def test_a_builder_s_address_opens_to_no_api_token(self) -> None:
        first, other = everything("agent", hosted=True), everything("agent-2")
        path = f"/git/-/{first.project.repository.origin.pk}.git/info/refs?service=git-upload-pack"
        for token in (first.token, other.token):
            assert asgi.ask(path, headers=asgi.basic(token)).status == 404

    def test_another_team_s_logs_do_not_exist(self) -> None:
        first, other = everything("agent"), everything("agent-2")
        deployment = Deployment.objects.select_related("build__stream", "stream").get(pk=first.deployment.pk)
        assert deployment.build is not None
        logs.end_stream(deployment.build.stream)
        logs.end_stream(Instance.objects.select_related("stream").get(deployment=deployment).stream)
        for stream in (deployment.build.stream_id, deployment.stream_id, deployment.instance.stream_id):
            path = f"/events/streams/{stream}"
            assert asgi.ask(path).status == 404
            assert asgi.ask(path, headers=asgi.bearer(other.token)).status == 404
            assert asgi.ask(path, headers=self._session(other)).status == 404
            assert asgi.ask(path, headers=asgi.bearer(first.token)).status == 200
            assert asgi.ask(path, headers=self._session(first)).status == 200

    def test_a_token_of_one_project_opens_no_other(self) -> None:
        first = everything("agent", hosted=True)
        second = factories.hosted_project(first.team, "second")
        token = tokens.mint(first.team, first.user, "one", scopes=frozenset(Scope), project=second)
        client = Client(headers={"Authorization": f"Bearer {token}"})
        assert client.get("/api/v1/projects/second").status_code == 200
        assert client.get("/api/v1/projects/agent").status_code == 404
        for path in ("members", "invitations", "audit", "deliveries", "accounts"):
            assert client.get(f"/api/v1/{path}").json() == [], path
        assert client.post("/api/v1/invitations", {"note": "x"}, content_type="application/json").status_code == 403
        assert client.get(f"/api/v1/deployments/{first.deployment.public_id}").status_code == 404
        assert client.post("/api/v1/projects", {"slug": "third"}, content_type="application/json").status_code == 403
        assert asgi.ask(f"/git/agent.git/{GIT[0][1]}", headers=asgi.basic(token)).status == 404
        assert asgi.ask(f"/events/streams/{first.deployment.stream_id}", headers=asgi.bearer(token)).status == 404
        own = factories.ready(second)
        assert asgi.ask(f"/events/streams/{own.stream_id}", headers=asgi.bearer(token)).status == 200

    def _session(self, of: Theirs) -> dict[str, str]:
        name = settings.SESSION_COOKIE_NAME
        return {"cookie": f"{name}={person_of(of).cookies[name].value}"}
