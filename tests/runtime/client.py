"""A caller of an agent, as the suite needs one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import groupby
from typing import Any
from uuid import uuid4

import httpx

Event = dict[str, Any]
_open: list[httpx.Client] = []


class Caller:
    """Speaks to one agent; `path` is where the agent is beneath the address."""

    def __init__(self, url: str, path: str = "", key: str | None = None) -> None:
        self.session = f"session-{uuid4().hex}"  # so that many may speak to one agent
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self.http = httpx.Client(base_url=url + path, headers=headers, timeout=30)
        _open.append(self.http)

    def at(self, path: str = "", session: str | None = None) -> str:
        """The address of something of a session."""
        return f"/api/sessions/{session or self.session}{path}"

    def get(self, path: str, status: int = 200, **query: str) -> Any:
        response = self.http.get(path, params=query)
        assert response.status_code == status, response.text
        return response.json()

    def send(self, path: str, body: object = None, status: int = 200, method: str = "POST") -> Any:
        response = self.http.request(method, path, json=body if body is not None else {})
        assert response.status_code == status, response.text
        return response.json()

    def say(self, content: object, session: str | None = None) -> Any:
        """The answer to a message, waited for."""
        return self.send("/api/message-sync", {"content": content, "sessionId": session or self.session})

    def turn(self, content: object, session: str | None = None) -> list[Event]:
        """All events of a turn."""
        with self.stream(content, session) as events:
            return list(events)

    @contextmanager
    def stream(self, content: object, session: str | None = None) -> Iterator[Iterator[Event]]:
        body = {"content": content, "sessionId": session or self.session}
        with self.http.stream("POST", "/api/message-stream", json=body) as response:
            assert response.status_code == 200, response.read()
            assert response.headers["content-type"].startswith("text/event-stream")
            yield events_of(response)

    @contextmanager
    def attached(self, session: str | None = None) -> Iterator[Iterator[Event]]:
        with self.http.stream("GET", self.at("/events", session)) as response:
            assert response.status_code == 200, response.read()
            yield events_of(response)

    def history(self, session: str | None = None) -> list[Event]:
        return list(self.get(self.at("/history", session))["history"])

    def texts(self, session: str | None = None) -> list[str]:
        """What was said in the session, in order."""
        return ["".join(part.get("text", "") for part in message["content"]) for message in self.history(session)]


def close_all() -> None:
    while _open:
        _open.pop().close()


def events_of(response: httpx.Response) -> Iterator[Event]:
    """Frames of a stream; the event's name is also in its data."""
    name = ""
    for line in response.iter_lines():
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            event = json.loads(line.removeprefix("data: "))
            assert event["name"] == name
            yield event


def names(events: list[Event]) -> list[str]:
    """The names of events, runs of the same name once."""
    return [name for name, _ in groupby(event["name"] for event in events)]


def until(events: Iterator[Event], name: str) -> Event:
    """The next event of this name."""
    return next(event for event in events if event["name"] == name)
