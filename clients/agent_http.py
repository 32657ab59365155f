"""Carries one HTTP request to an agent's unix socket and its answer back, both streamed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx

_HOP_BY_HOP = {"connection", "keep-alive", "proxy-authenticate", "te", "trailer", "transfer-encoding", "upgrade"}
Headers = list[tuple[bytes, bytes]]


class AgentUnreachableError(Exception):
    """The agent did not take the request, or broke off before it answered."""


class AgentAwayError(AgentUnreachableError):
    """Nobody listens there now; nothing of the request was read."""


@dataclass(frozen=True, slots=True)
class AgentRequest:
    socket: str
    method: str
    target: str  # path and query, as they came
    headers: Headers
    body: AsyncIterator[bytes]


@dataclass(frozen=True, slots=True)
class AgentAnswer:
    status: int
    headers: Headers
    body: AsyncIterator[bytes]


@asynccontextmanager
async def forwarded(request: AgentRequest) -> AsyncIterator[AgentAnswer]:
    """Raises AgentUnreachableError, AgentAwayError. There is no limit on how long an answer streams."""
    transport = httpx.AsyncHTTPTransport(uds=request.socket)
    timeout = httpx.Timeout(None, connect=2)
    async with httpx.AsyncClient(transport=transport, timeout=timeout, trust_env=False) as client:
        sent = client.build_request(
            request.method,
            f"http://agent{request.target}",
            headers=end_to_end(request.headers),
            content=request.body,
        )
        try:
            answer = await client.send(sent, stream=True)
        except httpx.ConnectError as error:
            raise AgentAwayError(type(error).__name__) from error
        except httpx.HTTPError as error:
            raise AgentUnreachableError(type(error).__name__) from error
        try:
            yield AgentAnswer(answer.status_code, end_to_end(answer.headers.raw), answer.aiter_raw())
        finally:
            await answer.aclose()


def end_to_end(headers: Headers) -> Headers:
    """Without those that concern one connection only."""
    return [(name, value) for name, value in headers if name.lower().decode("latin-1") not in _HOP_BY_HOP]
