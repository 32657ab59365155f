"""One project on a running installation, pushed to with real git and asked over HTTP."""

from __future__ import annotations

import fcntl
import http.client
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from dexto_cloud.demo.git_push import Checkout

from bench.installation import Installation, until
from tests import factories

_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Agent:
    found: Installation
    slug: str
    checkout: Checkout
    repository: str  # the number under which the installation keeps it

    def write(self, name: str, text: str) -> None:
        path = self.checkout.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def push(self, message: str, branch: str = "main", *options: str) -> str:
        """Commits everything and pushes it; the commit's id."""
        commit = self.checkout.commit(message)
        self.checkout.push(branch, *options)
        return commit

    def deployed(self, message: str, branch: str = "main") -> dict[str, Any]:
        """The same, and waits for its deployment to end."""
        return self.found.deployment_of(self.slug, self.push(message, branch), branch)

    def deployment(self, commit: str) -> dict[str, Any]:
        """As it is now; waits until there is one."""

        def newest() -> dict[str, Any] | None:
            rows: list[dict[str, Any]] = self.found.api.get(f"projects/{self.slug}/deployments", commit=commit)
            return rows[0] if rows else None

        return until(newest, f"a deployment of {commit[:7]}")

    def answer(self, url: str) -> dict[str, Any]:
        """What the agent at a URL says of itself; waits until the edge leads there."""

        def answered() -> dict[str, Any] | None:
            answer = self.found.ask(url)
            return dict(answer.json) if answer.status == 200 else None

        return until(answered, url)

    def log(self, deployment: str, stream: str) -> str:
        lines = self.found.api.get(f"deployments/{deployment}/logs/{stream}")["lines"]
        return "\n".join(line["text"] for line in lines)

    def serves(self, commit: str) -> bool:
        """Waits until production answers with this commit."""
        until(lambda: self.found.live_commit(self.slug) == commit, f"{commit[:7]} in production")
        return True

    @contextmanager
    def builds_held(self) -> Iterator[None]:
        """Its builds wait in their first step: each fetches alone, and this holds the lock on its mirror."""
        lock = self.found.data / "mirrors" / f"{self.repository}.lock"
        lock.parent.mkdir(exist_ok=True)
        with lock.open("w") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            yield


def make(found: Installation, folder: Path) -> Agent:
    """A project with a small agent in it, not pushed yet."""
    slug = f"agent-{next(_numbers)}"
    factories.write_agent(folder)
    before = _repositories(found)
    checkout = found.project(slug, folder)
    (repository,) = _repositories(found) - before
    return Agent(found, slug, checkout, repository)


def _repositories(found: Installation) -> set[str]:
    folder = found.data / "origin"
    return {path.stem for path in folder.iterdir()} if folder.exists() else set()


@dataclass(frozen=True, slots=True)
class Event:
    """One Server-Sent Event."""

    id: int
    name: str
    data: Any


@contextmanager
def events(found: Installation, stream: int, *, last: int | None = None) -> Iterator[Iterator[Event]]:
    """Follows a log as a browser's EventSource does."""
    connection = found.connect()
    headers = {"Authorization": f"Bearer {found.token}", "Accept": "text/event-stream"}
    if last is not None:
        headers["Last-Event-ID"] = str(last)
    try:
        connection.request("GET", f"/events/streams/{stream}", headers=headers)
        answer = connection.getresponse()
        assert answer.status == 200, answer.status
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        yield _parsed(answer)
    finally:
        connection.close()


def _parsed(answer: http.client.HTTPResponse) -> Iterator[Event]:
    fields: dict[str, str] = {}
    for raw in answer:
        line = raw.decode().rstrip("\n")
        if line.startswith(":"):
            continue
        if line:
            name, _, value = line.partition(": ")
            fields[name] = value
        elif fields:
            yield Event(int(fields.get("id", "-1")), fields["event"], json.loads(fields["data"]))
            fields = {}
