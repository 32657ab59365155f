"""git over HTTP, at the ASGI interface, with git's own http-backend behind it."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import MutableMapping
from typing import Any

import pytest

from origin import smart_http
from projects import tokens
from projects.tokens import Scope
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)
Message = MutableMapping[str, Any]


def test_nothing_is_answered_before_the_whole_of_a_push_was_heard() -> None:
    """Go's server drops the rest of a request that is answered early: a large pack would arrive cut."""
    pieces: list[Message] = [
        {"type": "http.request", "body": b"00", "more_body": True},
        {"type": "http.request", "body": b"00", "more_body": False},
    ]
    sent: list[Message] = []
    sent_before: list[int] = []

    async def receive() -> Message:
        await asyncio.sleep(0.3)  # time for git to say something
        sent_before.append(len(sent))
        return pieces.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(smart_http.application(_push_scope(), receive, send))
    assert sent_before == [0, 0]
    assert sent[0]["status"] == 200
    assert sent[-1].get("more_body") is None


def _push_scope() -> Message:
    owner = factories.user()
    team = factories.team(owner)
    factories.hosted_project(team, slug="pushed")
    token = tokens.mint(team, owner, "test", scopes=frozenset({Scope.DEPLOY}))
    password = base64.b64encode(f"x:{token}".encode())
    headers = [(b"authorization", b"Basic " + password), (b"content-type", b"application/x-git-receive-pack-request")]
    return {
        "type": "http",
        "method": "POST",
        "path": "/git/pushed.git/git-receive-pack",
        "query_string": b"",
        "headers": headers,
    }
