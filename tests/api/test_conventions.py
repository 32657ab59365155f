"""What every endpoint of the API does alike, walked by its own description: pages, keys, refusals."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from drf_spectacular.generators import SchemaGenerator

from builds.models import Step
from projects import tokens
from projects.actions import set_variable
from projects.models import AnsweredRequest, Environment, User
from projects.tokens import Scope
from tests import factories

pytestmark = pytest.mark.django_db

_START = "/api/v1/"
_DESCRIPTION: Any = json.loads(
    json.dumps(SchemaGenerator().get_schema(request=None, public=True), default=str)  # type: ignore[no-untyped-call]
)
#: Lists that the code or one look has an end for, and that come whole.
WHOLE = {
    "platforms": "what this installation releases to",
    "storages": "what can keep memory",
    "quotas": "one for each kind",
    "find": "ten of each kind",
    "projects/{slug}/logs": "a hundred places of each kind",
}
#: Where no token is sent there is nobody whose keys could be told apart; each proves something that is good once.
WITHOUT_TOKEN = {"oidc/exchange", "device", "device/token"}


def operations() -> Iterator[tuple[str, str, Any]]:
    for path, methods in _DESCRIPTION["paths"].items():
        if path.startswith(_START):
            yield from ((method, path.removeprefix(_START), about) for method, about in methods.items())


def _is_list(about: Any) -> bool:
    kinds = about["responses"].get("200", {}).get("content", {}).values()
    return any(kind["schema"].get("type") == "array" for kind in kinds)


def _takes(about: Any) -> set[str]:
    return {one["name"] for one in about.get("parameters", ())}


ALL = {(method, path): about for method, path, about in operations() if path != "schema"}
LISTS = sorted(path for (method, path), about in ALL.items() if method == "get" and _is_list(about))
PAGED = [path for path in LISTS if path not in WHOLE]
CREATING = sorted(path for (method, path), about in ALL.items() if method == "post" and "201" in about["responses"])
_NARROWS_NOTHING = {"limit", "cursor", "slug", "public_id"}
OWNED = sorted(one for one in ALL if one[1] not in WITHOUT_TOKEN)


class Asking:
    """The operator, in a team that has at least two of everything that is listed."""

    def __init__(self) -> None:
        self.user = factories.user()
        User.objects.filter(pk=self.user.pk).update(is_superuser=True)
        self.team = factories.team(self.user)
        self.project = factories.project(self.team)
        factories.project(self.team)
        factories.joined(self.team)
        self.deployment = factories.ready(self.project)
        factories.ready(self.project, "feature")
        for number, name in enumerate(("edge", "far")):
            factories.elsewhere(self.project, destination=name)
            self.numbered = factories.numbered(self.project, self.user)
            factories.told(self.project, name)
            set_variable(self.project, f"NAME_{number}", "v", environment=Environment.PRODUCTION, actor=None)
            stream = self.deployment.stream
            Step.objects.create(team=self.team, stream=stream, position=number, name=name)
        self.client = self.holding(*Scope)

    def holding(self, *scopes: Scope) -> Client:
        token = tokens.mint(self.team, self.user, "a token", scopes=frozenset(scopes))
        return Client(headers={"Authorization": f"Bearer {token}"})

    def path(self, template: str) -> str:
        for part, value in (("{slug}", self.project.slug), ("{public_id}", self.deployment.public_id)):
            template = template.replace(part, value)
        return f"{_START}{template}"


@pytest.fixture
def asking() -> Asking:
    return Asking()


def nowhere(path: str) -> str:
    """An address with names of nothing."""
    for part in ("{slug}", "{public_id}", "{stream}", "{name}", "{key}", "{destination}", "{service}", "{storage}"):
        path = path.replace(part, "nothing")
    for part in ("{platform}", "{account}", "{hostname}", "{user}"):
        path = path.replace(part, "nothing")
    path = path.replace("{delivery}", str(UUID(int=0)))
    for part in ("{id}", "{target}"):
        path = path.replace(part, "9" * 30)
    return f"{_START}{path}"


def problem(answer: Any, status: int) -> None:
    assert answer.status_code == status, (answer.wsgi_request.path, answer.content)
    assert answer["Content-Type"] == "application/problem+json"
    said = answer.json()
    assert said["type"] == f"urn:dexto-cloud:{said['code']}"
    assert said["status"] == status
    assert said["title"] and said["detail"]


class TestLists:
    def test_each_that_can_grow_is_described_in_pages(self) -> None:
        assert set(WHOLE) <= set(LISTS)
        for path in PAGED:
            about = ALL["get", path]
            assert {"limit", "cursor"} <= _takes(about), path
            assert "Link" in about["responses"]["200"]["headers"], path

    def test_the_next_page_is_another_one_and_the_last_says_so(self, asking: Asking) -> None:
        for path in PAGED:
            self._walk(asking, path)

    def _walk(self, asking: Asking, path: str) -> None:
        seen, following = [], f"{asking.path(path)}?limit=1"
        while following:
            answer = asking.client.get(following)
            assert answer.status_code == 200, answer.content
            seen += answer.json()
            links = dict(reversed(one.split("; ")) for one in answer.get("Link", "").split(", ") if one)
            following = links.get('rel="next"', "").strip("<>")
        whole = asking.client.get(asking.path(path), {"limit": "200"}).json()
        assert len(seen) >= 2, path
        assert seen == whole, path

    @pytest.mark.parametrize("cursor", ["nonsense", "cD1ub25zZW5zZQ==", "cD0AAA==", "cD05OTk5OTk5OTk5OTk5OTk5OTk5OTk5"])
    def test_a_cursor_that_nobody_gave_is_no_page_or_an_empty_one(self, asking: Asking, cursor: str) -> None:
        for path in PAGED:
            answer = asking.client.get(asking.path(path), {"cursor": cursor})
            if answer.status_code != 200:
                problem(answer, 404)

    def test_what_it_is_narrowed_by_narrows_it(self, asking: Asking) -> None:
        asked = [(path, name) for path in PAGED for name in _takes(ALL["get", path]) - _NARROWS_NOTHING]
        assert asked
        for path, name in asked:
            answer = asking.client.get(asking.path(path), {name: "no such\0thing"})
            assert (answer.status_code, answer.json()) == (200, []), (path, name)


class TestKeys:
    def test_what_makes_something_takes_one(self) -> None:
        assert len(CREATING) > 8
        without = {path for path in CREATING if "Idempotency-Key" not in _takes(ALL["post", path])}
        assert without <= WITHOUT_TOKEN

    def test_an_answer_that_is_shown_once_is_not_kept_as_text(self, asking: Asking) -> None:
        body = {"name": "laptop", "scopes": ["read"]}
        asked = {"content_type": "application/json", "headers": {"Idempotency-Key": "one"}}
        first, again = (asking.client.post("/api/v1/tokens", body, **asked).json() for _ in range(2))
        assert first["token"].startswith("dexto_")
        assert first == again
        assert first["token"] not in json.dumps(list(AnsweredRequest.objects.values_list("body", flat=True)))


class TestRefusals:
    def test_without_a_token(self) -> None:
        for method, path in OWNED:
            problem(getattr(Client(), method)(nowhere(path)), 401)

    def test_by_a_token_that_may_nothing(self, asking: Asking) -> None:
        client = asking.holding()
        for method, path in OWNED:
            problem(getattr(client, method)(nowhere(path)), 403)

    def test_of_what_is_not_there(self, asking: Asking) -> None:
        for method, path in (one for one in OWNED if "{" in one[1]):
            problem(getattr(asking.client, method)(nowhere(path), content_type="application/json"), 404)

    def test_of_a_method_that_it_does_not_have(self, asking: Asking) -> None:
        for path in {path for _method, path in OWNED}:
            missing = next(name for name in ("put", "patch", "delete") if (name, path) not in ALL)
            problem(getattr(asking.client, missing)(nowhere(path), content_type="application/json"), 405)

    @pytest.mark.parametrize(
        "body", ["[]", "{", '"\\ud800"', '{"name": "\\ud800", "slug": "\\u0000", "note": "\\u0000"}']
    )
    def test_of_a_body_that_says_nothing(self, asking: Asking, body: str) -> None:
        for path in (path for path in CREATING if "{public_id}" not in path):
            problem(asking.client.post(asking.path(path), body, content_type="application/json"), 400)
