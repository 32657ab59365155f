"""One request as a route sees it, and what a route answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any
from urllib.parse import urlencode

from tests.fakes.github.world import App, Repository, Token, World


class RefusalError(Exception):
    """An answer that is none: GitHub's status and words."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None, **more: Any) -> None:
        super().__init__(message)
        self.status = status
        self.headers = dict(headers or {})
        self.body = {"message": message, "documentation_url": "https://docs.github.com/rest", **more}


class By(Enum):
    """Whose credential a route takes."""

    NOBODY = "nobody"
    APP = "app"
    TOKEN = "token"  # of an installation
    USER = "user"
    ANY_TOKEN = "any token"  # of an installation, or a person's


@dataclass(slots=True)
class Answer:
    content: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None


@dataclass(slots=True)
class Asked:
    world: World
    method: str
    path: str
    parameters: dict[str, str]
    query: dict[str, str]
    body: Any
    accept: str
    app: App | None = None
    token: Token | None = None

    @property
    def the_app(self) -> App:
        assert self.app
        return self.app

    @property
    def the_token(self) -> Token:
        assert self.token
        return self.token

    def repository(self) -> Repository:
        """The one in the path, as far as this credential may know of it."""
        name = f"{self.parameters['owner']}/{self.parameters['repo']}"
        found = self.world.named(name)
        if found is None and (moved := self.world.formerly(name)):
            location = f"{self.world.url}/api/v3/repositories/{moved.id}{self.path.partition(name)[2]}"
            raise RefusalError(301 if self.method == "GET" else 307, "Moved Permanently", {"Location": location})
        if found is None or not self.the_token.opens(found):
            raise RefusalError(404, "Not Found")
        return found

    def paged(self, items: Sequence[Any], wrap: Callable[[list[Any]], Any] = lambda items: items) -> Answer:
        page = int(self.query.get("page", "1"))
        size = min(int(self.query.get("per_page", "30")), self.world.page_size)
        headers = {}
        if len(items) > page * size:
            query = urlencode({**self.query, "page": page + 1})
            headers["Link"] = f'<{self.world.url}/api/v3{self.path}?{query}>; rel="next"'
        return Answer(wrap(list(items[(page - 1) * size : page * size])), headers=headers)


Handler = Callable[[Asked], Answer]


@dataclass(frozen=True, slots=True)
class Route:
    method: str
    template: str
    by: By
    needs: tuple[str, str] | None
    handler: Handler


ROUTES: list[Route] = []


def route(
    method: str, template: str, *, by: By = By.TOKEN, needs: tuple[str, str] | None = None
) -> Callable[[Handler], Handler]:
    """`needs` is a permission and how much of it."""

    def kept(handler: Handler) -> Handler:
        ROUTES.append(Route(method, template, by, needs, handler))
        return handler

    return kept
