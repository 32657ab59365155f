"""git over HTTP: git's own http-backend, with its bytes carried by the event loop. Holds no database connection."""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs

import structlog
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import connections

from origin import announcing
from origin.access import Granted, grant

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

log = structlog.get_logger(__name__)
_PATH: Final = re.compile(
    r"/git/(?P<name>-/\d+|[a-z0-9-]+)\.git/(?P<service>info/refs|git-upload-pack|git-receive-pack)"
)
_RECEIVE: Final = "git-receive-pack"
_CHUNK: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class Request:
    """What http-backend needs to know of a request."""

    name: str
    service: str
    method: str
    query: str
    headers: dict[str, str]

    @property
    def writes(self) -> bool:
        return self.service == _RECEIVE or _RECEIVE in parse_qs(self.query).get("service", [])


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    request = _parsed(scope)
    if request is None:
        await _answer(send, 404, "There is no such repository.\n")
        return
    authorization = request.headers.get("authorization", "")
    granted = await _in_thread(grant, authorization, request.name, write=request.writes)
    if granted is None:
        await _refuse(send, authorization)
    elif request.writes and _disk_is_full():
        await _answer(send, 507, "disk_full: no disk space is left. Free some space and push again.\n")
    else:
        await _serve(request, granted, receive, send)


def _parsed(scope: Scope) -> Request | None:
    found = _PATH.fullmatch(scope["path"])
    if found is None:
        return None
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    return Request(found["name"], found["service"], scope["method"], scope["query_string"].decode("latin-1"), headers)


async def _refuse(send: Send, authorization: str) -> None:
    """Asks for a password the first time; with one that does not open it a repository is not there."""
    if not authorization:
        await _answer(
            send, 401, "Use an API token as the password.\n", [(b"www-authenticate", b'Basic realm="Dexto Cloud"')]
        )
    else:
        await _answer(
            send, 404, "There is no such repository for this token. A push needs a living one with the scope deploy.\n"
        )


async def _serve(request: Request, granted: Granted, receive: Receive, send: Send) -> None:
    process = await asyncio.create_subprocess_exec(
        "git",
        "http-backend",
        env=cgi_environment(request, granted),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        feeding = asyncio.create_task(_feed(process, receive))
        await _carry_answer(process, send, feeding)
        await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if request.service == _RECEIVE:
        await _in_thread(announcing.announce, granted.origin, pusher=granted.pusher)


def cgi_environment(request: Request, granted: Granted) -> dict[str, str]:
    path = Path(granted.origin.path)
    optional = {
        "CONTENT_LENGTH": request.headers.get("content-length"),
        "HTTP_CONTENT_ENCODING": request.headers.get("content-encoding"),
        "GIT_PROTOCOL": request.headers.get("git-protocol"),
    }
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LC_ALL": "C.UTF-8",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_PROJECT_ROOT": str(path.parent),
        "GIT_HTTP_EXPORT_ALL": "1",
        "PATH_INFO": f"/{path.name}/{request.service}",
        "REQUEST_METHOD": request.method,
        "QUERY_STRING": request.query,
        "CONTENT_TYPE": request.headers.get("content-type", ""),
        "REMOTE_USER": granted.pusher or "builder",
        "REMOTE_ADDR": "127.0.0.1",
        **{name: value for name, value in optional.items() if value},
    }


async def _feed(process: asyncio.subprocess.Process, receive: Receive) -> None:
    stdin = process.stdin
    if stdin is None:
        return
    try:
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                process.kill()
                return
            if stdin.is_closing():
                return  # git has heard enough; uvloop lets nobody write to a pipe whose reader is gone
            stdin.write(message.get("body", b""))
            await stdin.drain()
            if not message.get("more_body"):
                break
        stdin.close()
    except (BrokenPipeError, ConnectionResetError):
        return  # git has heard enough


async def _carry_answer(process: asyncio.subprocess.Process, send: Send, feeding: asyncio.Task[None]) -> None:
    """git answers while it still reads. A proxy may drop the rest of a request that is answered early (Go's server
    does), so that nothing is sent before everything was heard; what git says meanwhile waits in memory."""
    stdout = process.stdout
    if stdout is None:
        return
    status, headers = await _cgi_headers(stdout)
    start = {"type": "http.response.start", "status": status, "headers": headers}
    waiting: list[bytes] = []
    while chunk := await stdout.read(_CHUNK):
        waiting.append(chunk)
        if feeding.done():
            await _send_answer(send, start, waiting)
    await feeding
    await _send_answer(send, start, waiting)
    await send({"type": "http.response.body", "body": b""})


async def _send_answer(send: Send, start: MutableMapping[str, Any], waiting: list[bytes]) -> None:
    """The start goes before the first piece, once."""
    if start:
        await send(dict(start))
        start.clear()
    if waiting:
        await send({"type": "http.response.body", "body": b"".join(waiting), "more_body": True})
        waiting.clear()


async def _cgi_headers(stdout: asyncio.StreamReader) -> tuple[int, list[tuple[bytes, bytes]]]:
    status, headers = 200, []
    while line := (await stdout.readline()).strip():
        name, _, value = line.partition(b":")
        if name.lower() == b"status":
            status = int(value.split()[0])
        else:
            headers.append((name.lower(), value.strip()))
    return status, headers


async def _answer(send: Send, status: int, text: str, headers: list[tuple[bytes, bytes]] | None = None) -> None:
    plain = [(b"content-type", b"text/plain; charset=utf-8"), *(headers or [])]
    await send({"type": "http.response.start", "status": status, "headers": plain})
    await send({"type": "http.response.body", "body": text.encode()})


def _disk_is_full() -> bool:
    return shutil.disk_usage(settings.DATA_DIR).free < settings.MIN_FREE_DISK_BYTES


async def _in_thread(function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    def call() -> Any:
        try:
            return function(*arguments, **named)
        finally:
            connections.close_all()

    return await sync_to_async(call, thread_sensitive=False)()
