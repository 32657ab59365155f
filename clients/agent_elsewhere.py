"""Carries one HTTP request to an agent at a vendor and its answer back, both streamed.

Its address is the vendor's word: only public machines are connected to, by the address that was checked, and no
redirect is followed.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import httpcore

from clients.addresses import ANYWHERE, PUBLIC_ONLY, AddressPolicy, AddressRefusedError, UnknownHostError
from clients.agent_http import AgentAnswer, AgentUnreachableError, Headers, end_to_end
from clients.vendor_api import authorities

_CONNECT_SECONDS: Final = 10.0
#: Without a word; a model may think for a while.
_SILENT_SECONDS: Final = 300.0


@dataclass(frozen=True, slots=True)
class DistantRequest:
    """A POST to an https URL. `edge` is the operator's own server that answers for the vendor's names, or ""."""

    url: str
    headers: Headers
    body: AsyncIterator[bytes]
    edge: str = ""


@asynccontextmanager
async def forwarded_elsewhere(request: DistantRequest) -> AsyncIterator[AgentAnswer]:
    """Raises AgentUnreachableError, which says why, before there is an answer."""
    address = urlsplit(request.url)
    if address.scheme != "https" and not request.edge:
        raise AgentUnreachableError("its address is not https")
    target = f"{request.edge.rstrip('/')}{address.path}" if request.edge else request.url
    headers = [(b"host", address.netloc.encode("idna")), (b"accept-encoding", b"identity"), *request.headers]
    backend = _GuardedBackend(ANYWHERE if request.edge else PUBLIC_ONLY)
    timeouts = {"connect": _CONNECT_SECONDS, "read": _SILENT_SECONDS, "write": _CONNECT_SECONDS}
    pool = httpcore.AsyncConnectionPool(ssl_context=authorities(), network_backend=backend)
    async with pool:
        sent = httpcore.Request("POST", target, headers=headers, content=request.body, extensions={"timeout": timeouts})
        answer = await _answered(pool, sent)
        try:
            yield AgentAnswer(answer.status, end_to_end(list(answer.headers)), answer.aiter_stream())
        finally:
            await answer.aclose()


async def _answered(pool: httpcore.AsyncConnectionPool, request: httpcore.Request) -> httpcore.Response:
    try:
        return await pool.handle_async_request(request)
    except AddressRefusedError as error:
        raise AgentUnreachableError("its address is none that the platform visits") from error
    except UnknownHostError as error:
        raise AgentUnreachableError("its name has no address yet") from error
    except httpcore.TimeoutException as error:
        raise AgentUnreachableError("it does not answer in time") from error
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol, ValueError) as error:
        raise AgentUnreachableError(f"it cannot be reached ({type(error).__name__})") from error


class _GuardedBackend(httpcore.AsyncNetworkBackend):
    """Connects to checked addresses only."""

    def __init__(self, policy: AddressPolicy) -> None:
        self._policy = policy
        self._sockets = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        failure: httpcore.NetworkError = httpcore.ConnectError("no address")
        for address in await asyncio.to_thread(self._policy.addresses, host, port):
            try:
                return await self._sockets.connect_tcp(address, port, timeout, local_address, socket_options)
            except httpcore.ConnectError as error:
                failure = error
        raise failure
