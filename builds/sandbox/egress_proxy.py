"""The one way out of a sandbox: an HTTP proxy on a unix socket, outside of it."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Final
from urllib.parse import urlsplit

from builds.sandbox.egress_rules import EgressRules, RefusedError

_HEAD_BYTES: Final = 16 * 1024
_HEAD_SECONDS: Final = 10.0
_CONNECT_SECONDS: Final = 10.0
_IDLE_SECONDS: Final = 900.0  # a model may think for minutes before its next word
_CONNECTIONS: Final = 512
_CHUNK: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Asked:
    """Where to, and what to say there first: nothing for a tunnel, else the request itself, over TLS for https."""

    host: str
    port: int
    first: bytes = b""
    is_tls: bool = False


class EgressProxy:
    """`line` hears of what was refused."""

    def __init__(self, rules: EgressRules, line: Callable[[str], None] = lambda _: None) -> None:
        self._rules = rules
        self._line = line
        self._free = asyncio.Semaphore(_CONNECTIONS)
        self._open = 0
        self._all_closed = asyncio.Event()

    async def serve(self, listener: socket.socket) -> None:
        """Until it is cancelled."""
        server = await asyncio.start_unix_server(self._answer, sock=listener, limit=_HEAD_BYTES)
        async with server:
            await server.serve_forever()

    async def drained(self) -> None:
        """When no connection is open any more."""
        while self._open:
            self._all_closed.clear()
            await self._all_closed.wait()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with self._free:
            self._open += 1
            try:
                await self._carry(reader, writer)
            except RefusedError as error:
                self._line(f"Refused: {error}")
                await _say(writer, "403 Forbidden\r\nDexto-Refused: 1", str(error))
            except (OSError, TimeoutError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
                await _say(writer, "502 Bad Gateway", "It could not be reached.")
            finally:
                self._open -= 1
                self._all_closed.set()
                writer.close()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(_HEAD_SECONDS):
            asked = parse(await reader.readuntil(b"\r\n\r\n"))
        addresses = await asyncio.to_thread(self._rules.addresses, asked.host, asked.port)
        there, to_there = await _connected(addresses, asked)
        try:
            if asked.first:
                to_there.write(asked.first)
            else:
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            async with asyncio.TaskGroup() as both:
                both.create_task(_pour(reader, to_there))
                both.create_task(_pour(there, writer))
        except* (OSError, TimeoutError):
            pass  # one side has gone: so does the other
        finally:
            to_there.close()


def parse(head: bytes) -> Asked:
    """CONNECT host:port, or a request for a whole URL, which workerd makes. Raises ValueError for anything else."""
    line, _, rest = head.partition(b"\r\n")
    method, target, version = line.decode("ascii").split(" ")
    if method == "CONNECT":
        host, _, port = target.rpartition(":")
        return Asked(host, int(port))
    url = urlsplit(target)
    if url.scheme not in _PORTS or not url.hostname:
        raise ValueError(target)
    path = url._replace(scheme="", netloc="").geturl() or "/"
    lines = [one for one in rest.split(b"\r\n") if one and not one.lower().startswith(_HOP_BY_HOP)]
    # The next request of this connection could be for somebody else, and would not be looked at.
    first = [f"{method} {path} {version}".encode("ascii"), *lines, b"Connection: close", b"", b""]
    return Asked(url.hostname, url.port or _PORTS[url.scheme], b"\r\n".join(first), url.scheme == "https")


_PORTS: Final = {"http": 80, "https": 443}
_HOP_BY_HOP: Final = (b"connection:", b"proxy-", b"keep-alive:")


async def _connected(addresses: list[str], asked: Asked) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """To the first address that answers. Raises OSError and TimeoutError."""
    for address in addresses[:-1]:
        with suppress(OSError, TimeoutError):
            return await _open(address, asked)
    return await _open(addresses[-1], asked)


async def _open(address: str, asked: Asked) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    tls, name = (ssl.create_default_context(), asked.host) if asked.is_tls else (None, None)
    async with asyncio.timeout(_CONNECT_SECONDS):
        return await asyncio.open_connection(address, asked.port, ssl=tls, server_hostname=name)


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        async with asyncio.timeout(_IDLE_SECONDS):
            chunk = await reader.read(_CHUNK)
        if not chunk:
            break
        writer.write(chunk)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()


async def _say(writer: asyncio.StreamWriter, status: str, words: str) -> None:
    body = f"{words}\n".encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {len(body)}\r\n"
    with suppress(OSError):
        writer.write(f"{head}Connection: close\r\n\r\n".encode() + body)
        await writer.drain()


def listen(path: Path) -> socket.socket:
    """Whoever has the folder bound may ask: the rules are for everybody."""
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    path.chmod(0o666)
    return listener


@contextmanager
def serving(rules: EgressRules, path: Path, line: Callable[[str], None]) -> Iterator[None]:
    """For as long as the block lasts, in a thread of its own."""
    listener = listen(path)
    started: Future[Callable[[], object]] = Future()
    thread = Thread(target=_run, args=(EgressProxy(rules, line), listener, started), name="egress", daemon=True)
    thread.start()
    stop = started.result()
    try:
        yield
    finally:
        stop()
        thread.join()
        path.unlink(missing_ok=True)


def _run(proxy: EgressProxy, listener: socket.socket, started: Future[Callable[[], object]]) -> None:
    async def serve() -> None:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None  # noqa: S101  # this is one
        started.set_result(lambda: loop.call_soon_threadsafe(task.cancel))
        await proxy.serve(listener)

    with suppress(asyncio.CancelledError):
        asyncio.run(serve())
