"""One way to ask GitHub: what may be followed, what each answer means, how quickly to write."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from threading import Event
from typing import Any, Final, TypeVar
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx

from clients.code_host_errors import (
    CodeHostBusyError,
    CodeHostError,
    CodeHostMissingError,
    CodeHostRefusedError,
    CodeHostRejectedError,
)
from clients.github.limits import wait_seconds

T = TypeVar("T")
Query = Mapping[str, str | int]
_JSON: Final = "application/vnd.github+json"
#: For what is asked beside the API: a sign-in is otherwise answered as a form.
PLAIN_JSON: Final = "application/json"
#: For the content of a file as it is.
RAW: Final = "application/vnd.github.raw+json"
_HEADERS: Final = {
    "User-Agent": "dexto-cloud",
    "X-GitHub-Api-Version": "2022-11-28",
}
_REDIRECTS: Final = frozenset({301, 302, 307, 308})
_HOPS: Final = 3
PAGE_SIZE: Final = 100


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that was a success. `next` is the URL of the next page of a listing."""

    content: Any
    next: str | None

    @property
    def next_page(self) -> int | None:
        found = self.next_value("page")
        return int(found) if found and found.isdecimal() else None

    def next_value(self, name: str) -> str | None:
        """A parameter of the next page's URL."""
        return parse_qs(urlsplit(self.next).query).get(name, [None])[0] if self.next else None


class Connection:
    """Asks below one base URL with one kind of credential, and follows nothing that leads off it.

    `seconds_between_writes` is GitHub's own advice against its secondary limits: writes one after another, not faster
    than one a second.
    """

    def __init__(
        self,
        base_url: str,
        authorization: Callable[[], str | None] = lambda: None,
        *,
        seconds_between_writes: float = 0.0,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._authorization = authorization
        self._pause_seconds = seconds_between_writes
        self._next_write = 0.0

    def get(self, doing: str, path: str, query: Query | None = None) -> Answer:
        return self.ask(doing, "GET", path, query=query)

    def ask(
        self,
        doing: str,
        method: str,
        path: str,
        body: object = None,
        *,
        query: Query | None = None,
        accept: str = _JSON,
    ) -> Answer:
        """`doing` completes "could not …" in what a person may read. Raises the port's errors."""
        if method != "GET":
            self._pace()
        url = f"{self._base_url}{path}"
        for _hop in range(_HOPS):
            answer = self._send(doing, method, url, body, query, accept)
            if answer.status_code not in _REDIRECTS:
                return _understood(doing, answer, raw=accept == RAW)
            url, query = self._on_base(doing, urljoin(url, answer.headers.get("location", ""))), None
        raise CodeHostError(doing, "it redirects without an end")

    def listed(self, doing: str, path: str, *, inside: str = "", query: Query | None = None) -> Iterator[Any]:
        """Every item of every page; `inside` names where a page holds them."""
        answer = self.get(doing, path, {"per_page": PAGE_SIZE, **(query or {})})
        while True:
            yield from understood(doing, lambda content: content[inside] if inside else content, answer.content)
            if answer.next is None:
                return
            rest = self._on_base(doing, answer.next).removeprefix(self._base_url)
            answer = self.get(doing, rest)

    def _send(
        self, doing: str, method: str, url: str, body: object, query: Query | None, accept: str
    ) -> httpx.Response:
        headers = {**_HEADERS, "Accept": accept}
        if (credential := self._authorization()) is not None:
            headers["Authorization"] = credential
        try:
            return _client().request(method, url, json=body, params=dict(query) if query else None, headers=headers)
        except httpx.HTTPError as error:
            raise CodeHostError(doing, f"no answer ({type(error).__name__})") from error

    def _on_base(self, doing: str, url: str) -> str:
        """A credential goes to the host that it is for, whatever an answer says."""
        if not url.startswith(f"{self._base_url}/"):
            raise CodeHostError(doing, "it points to another host")
        return url

    def _pace(self) -> None:
        wait = self._next_write - time.monotonic()
        if wait > 0:
            Event().wait(wait)
        self._next_write = time.monotonic() + self._pause_seconds


def understood(doing: str, shape: Callable[[Any], T], content: Any) -> T:
    """Raises CodeHostError when an answer is not of the shape that GitHub describes."""
    try:
        return shape(content)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise CodeHostError(doing, "its answer is not of the described form") from error


def _understood(doing: str, answer: httpx.Response, *, raw: bool) -> Answer:
    if not answer.is_success:
        raise _error(doing, answer)
    content = answer.content if raw else understood(doing, lambda one: one.json() if one.content else None, answer)
    return Answer(content, answer.links.get("next", {}).get("url"))


def _error(doing: str, answer: httpx.Response) -> Exception:
    status, said = answer.status_code, _said(answer)
    seconds = wait_seconds(status, answer.headers, said, now=time.time())
    if seconds is not None:
        return CodeHostBusyError(doing, seconds)
    if status in (401, 403):
        return CodeHostRefusedError(doing, f"{said} ({status})")
    if status in (404, 410):
        return CodeHostMissingError(doing)
    if status in (408, 409) or status >= 500:
        return CodeHostError(doing, f"{said} ({status})")
    return CodeHostRejectedError(doing, f"{said} ({status})")


def _said(answer: httpx.Response) -> str:
    """GitHub's own words, bounded: an error may be a page of HTML."""
    try:
        content = answer.json()
        details = [str(one.get("message") or one.get("code") or "") for one in content.get("errors", [])]
        return ", ".join([str(content["message"]).rstrip("."), *filter(None, details)])[:200]
    except (ValueError, KeyError, AttributeError, TypeError):
        return answer.reason_phrase or "an error without words"


@lru_cache(maxsize=1)
def _client() -> httpx.Client:
    """One for the process: each would read the certificates of the whole world anew."""
    return httpx.Client(timeout=httpx.Timeout(20, connect=5), trust_env=False, follow_redirects=False)
