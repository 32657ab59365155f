"""The chat box of a deployment's page: a member's message goes on to the agent, and its answer streams back.

The agent sees neither cookies nor who they are; where it wants a key of its callers, it gets one of its own. One at a
vendor is asked from here too: the browser speaks with nobody but us.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any, Final

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import connections

from clients.agent_elsewhere import DistantRequest, forwarded_elsewhere
from clients.agent_http import AgentUnreachableError, Headers
from dashboard.asgi_session import session_user
from deployments.addresses import distant_url
from deployments.cloud.registry import endpoints_of
from deployments.gateway import application as gateway
from deployments.models import Deployment, RouteKind
from projects.models import Membership
from projects.secrets import unseal
from projects.tokens import SCOPES_OF_ROLE
from projects.tokens import Scope as TokenScope

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

PREFIX: Final = "/events/agents/"
_PATH: Final = re.compile(r"/events/agents/([a-z0-9]{9})/message-stream")
_ASKED: Final = "/api/message-stream"
_PASSED_ON: Final = frozenset({b"content-type", b"content-length", b"accept"})
_KEYS: Final = "DEXTO_API_KEYS"


@dataclass(frozen=True, slots=True)
class Agent:
    """Where the deployment answers, and the key that its callers need, if they need one. `url` is a vendor's, `edge`
    the operator's server that answers for it."""

    hostname: str
    key: str = field(repr=False)
    url: str = ""
    edge: str = ""


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    found = _PATH.fullmatch(scope["path"])
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    # A form on another site could be sent with the person's cookies, but not with our own origin.
    is_ours = scope["method"] == "POST" and headers.get("origin") == settings.PUBLIC_URL
    agent = await sync_to_async(_agent, thread_sensitive=False)(found[1], headers) if found and is_ours else None
    if agent is None:
        await send({"type": "http.response.start", "status": 404, "headers": [(b"content-type", b"text/plain")]})
        await send({"type": "http.response.body", "body": b"There is no such agent.\n"})
        return
    passed_on = [(name, value) for name, value in scope["headers"] if name.lower() in _PASSED_ON]
    key = [(b"authorization", f"Bearer {agent.key}".encode())] if agent.key else []
    if agent.url:
        await _ask_elsewhere(agent, [*key, *passed_on], receive, send)
        return
    inner = [(b"host", agent.hostname.encode()), *key, *passed_on]
    await gateway.application({**scope, "path": _ASKED, "raw_path": _ASKED.encode(), "headers": inner}, receive, send)


async def _ask_elsewhere(agent: Agent, headers: Headers, receive: Receive, send: Send) -> None:
    request = DistantRequest(f"{agent.url.rstrip('/')}{_ASKED}", headers, gateway.body_of(receive), agent.edge)
    started = False
    try:
        async with forwarded_elsewhere(request) as answer:
            started = True
            kind = [(name, value) for name, value in answer.headers if name.lower() == b"content-type"]
            await send({"type": "http.response.start", "status": answer.status, "headers": kind})
            async for chunk in answer.body:
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
    except AgentUnreachableError as error:
        if not started:
            said = json.dumps({"message": f"The agent does not answer at {agent.url}: {error}."}).encode()
            headers = [(b"content-type", b"application/json")]
            await send({"type": "http.response.start", "status": 502, "headers": headers})
            await send({"type": "http.response.body", "body": said})


def _agent(public_id: str, headers: dict[str, str]) -> Agent | None:
    """None as if it were not there, for who is no member or may not deploy."""
    try:
        user = session_user(headers.get("cookie", ""))
        rows = Deployment.objects.select_related("destination")
        deployment = rows.filter(public_id=public_id, project__deleted_at=None).first()
        if user is None or deployment is None:
            return None
        membership = Membership.objects.filter(team_id=deployment.team_id, user=user).first()
        if membership is None or TokenScope.DEPLOY not in SCOPES_OF_ROLE[membership.role]:
            return None
        if deployment.destination.is_cloud:
            url = distant_url(deployment.wanted_by.all())
            edge = endpoints_of(deployment.destination.platform).edge
            return Agent("", _key(deployment), url, edge) if url else None
        route = deployment.wanted_by.filter(kind=RouteKind.DEPLOYMENT).first()
        return Agent(route.hostname, _key(deployment)) if route else None
    finally:
        connections.close_all()


def _key(deployment: Deployment) -> str:
    keys = deployment.variables.filter(name=_KEYS).select_related("version").first()
    return unseal(keys.version).partition(",")[0].strip() if keys else ""
