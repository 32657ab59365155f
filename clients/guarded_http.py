"""HTTP for addresses that a project names: bounded in time and size, and never where it must not go.

It is one layer below httpx, on httpcore, because that is where a connection's address can be chosen: the
address that was checked is the one that is connected to. Redirects are followed here, each hop checked anew.
"""

import ssl
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from time import monotonic
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import quote, urljoin, urlsplit

import certifi
import httpcore

from clients.addresses import ANYWHERE, AddressPolicy, AddressRefusedError, UnknownHostError

#: What a URL may hold as it is; anything beyond ASCII is encoded.
_URL_CHARACTERS: Final = "!#$%&'()*+,/:;=?@[]~"
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_MAX_REDIRECTS: Final = 5
_LONGEST_WAIT: Final = 300.0
#: When the request of this thread must be over, on the monotonic clock.
_deadline: ContextVar[float] = ContextVar("deadline")


class FetchError(Exception):
    """A request brought nothing. `temporary` when trying again may help; the sentence holds no secret."""

    def __init__(self, cause: str, *, temporary: bool = False) -> None:
        super().__init__(cause)
        self.cause = cause
        self.temporary = temporary


@dataclass(frozen=True, slots=True)
class Fetch:
    """One request. Redirects go only to the same host, unless `redirect_hosts` names more."""

    url: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    seconds: float = 30.0
    max_bytes: int = 10_000_000
    redirect_hosts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Answer:
    """What came, whatever its status. Header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


class GuardedHttp:
    """A pool of connections under one policy. Safe to be used by several threads."""

    def __init__(
        self,
        policy: AddressPolicy = ANYWHERE,
        *,
        connections: int = 32,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=ssl_context or ssl.create_default_context(cafile=certifi.where()),
            max_connections=connections,
            network_backend=_GuardedBackend(policy),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.close()

    def fetch(self, request: Fetch) -> Answer:
        """The answer, after redirects. Raises FetchError."""
        token = _deadline.set(monotonic() + min(request.seconds, _LONGEST_WAIT))
        try:
            return self._follow(request)
        finally:
            _deadline.reset(token)

    def _follow(self, request: Fetch) -> Answer:
        for _ in range(_MAX_REDIRECTS + 1):
            answer = self._once(request)
            target = answer.headers.get("location")
            if answer.status not in _REDIRECTS or not target or request.method != "GET":
                return answer
            request = _redirected(request, target)
        raise FetchError(f"the server redirected more than {_MAX_REDIRECTS} times")

    def _once(self, request: Fetch) -> Answer:
        headers = {"Accept-Encoding": "identity", "User-Agent": "dexto-cloud", **request.headers}
        try:
            with self._pool.stream(
                request.method,
                quote(request.url, safe=_URL_CHARACTERS),
                headers=[(name.encode(), value.encode()) for name, value in headers.items()],
                content=request.body,
                extensions={"timeout": {"pool": _remaining()}},
            ) as response:
                return _read(response, request.max_bytes)
        except AddressRefusedError as error:
            raise FetchError("its address is one that the platform does not visit for a project") from error
        except UnknownHostError as error:
            raise FetchError("the host's name is not known", temporary=True) from error
        except httpcore.TimeoutException as error:
            raise FetchError(f"no answer within {request.seconds:g} seconds", temporary=True) from error
        except httpcore.RemoteProtocolError as error:
            raise FetchError("the answer ended early, or is not HTTP", temporary=True) from error
        except (httpcore.NetworkError, httpcore.ProxyError) as error:
            raise FetchError(_network_cause(error), temporary=True) from error
        except (httpcore.ProtocolError, httpcore.UnsupportedProtocol, UnicodeError, ValueError) as error:
            raise FetchError("the address or a header is not valid") from error


def _read(response: httpcore.Response, max_bytes: int) -> Answer:
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
    declared = headers.get("content-length", "")
    if declared.isdigit() and int(declared) > max_bytes:
        raise _too_large(max_bytes)
    parts: list[bytes] = []
    size = 0
    for part in response.iter_stream():
        size += len(part)
        if size > max_bytes:
            raise _too_large(max_bytes)
        parts.append(part)
    return Answer(response.status, headers, b"".join(parts))


def _too_large(max_bytes: int) -> FetchError:
    return FetchError(f"the answer is larger than {max_bytes:,} bytes")


def _redirected(request: Fetch, location: str) -> Fetch:
    """The next hop. Credentials go along only to the very same place, or up to https at the same host."""
    target = urljoin(request.url, location)
    old, new = urlsplit(request.url), urlsplit(target)
    if new.hostname != old.hostname and new.hostname not in request.redirect_hosts:
        raise FetchError(f"the server redirected to another host ({str(new.hostname)[:100]})")
    if new.scheme not in ("http", "https") or (old.scheme == "https" and new.scheme == "http"):
        raise FetchError("the server redirected to a place without encryption")
    same_place = (old.scheme, old.netloc) == (new.scheme, new.netloc)
    upgraded = (old.hostname, new.scheme) == (new.hostname, "https") and new.port in (None, 443)
    return replace(request, url=target, headers=request.headers if same_place or upgraded else {})


def _network_cause(error: Exception) -> str:
    refused = "certificate" if "CERTIFICATE" in str(error).upper() else "connection"
    return f"the {refused} failed"


def _remaining() -> float:
    """Seconds that are left. Raises the time-out when none are."""
    left = _deadline.get() - monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("the request's time is over")
    return left


class _GuardedBackend(httpcore.NetworkBackend):
    """Connects to checked addresses only."""

    def __init__(self, policy: AddressPolicy) -> None:
        self._policy = policy
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002  # the deadline of the whole request counts
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        failure: httpcore.NetworkError = httpcore.ConnectError("no address")
        for address in self._policy.addresses(host, port):
            try:
                stream = self._sockets.connect_tcp(address, port, _remaining(), local_address, socket_options)
            except httpcore.ConnectError as error:
                failure = error
            else:
                return _DeadlineStream(stream)
        raise failure


class _DeadlineStream(httpcore.NetworkStream):
    """A connection whose every wait ends with the request's time.

    A time-out per read is not enough: a server that sends one byte at a time would never exceed it.
    """

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002
        return self._stream.read(max_bytes, _remaining())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        self._stream.write(buffer, _remaining())

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        return _DeadlineStream(self._stream.start_tls(ssl_context, server_hostname, _remaining()))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
