"""The socket: finds the route, judges what is asked and what is answered, and fails when it is told to."""

from __future__ import annotations

import json
import re
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from tests.fakes.github import (
    app_routes,
    description,
    git_http,
    pages,
    people_routes,
    report_routes,
    repository_routes,
    site,
)
from tests.fakes.github.asking import ROUTES, Answer, Asked, RefusalError, Route
from tests.fakes.github.credentials import admit
from tests.fakes.github.sending import Postman
from tests.fakes.github.world import Fault, World

_API = "/api/v3"
#: Routes register themselves when their module is loaded.
ROUTE_MODULES = (app_routes, people_routes, repository_routes, report_routes)
_SECONDARY = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."


@contextmanager
def github(folder: Path, *, port: int = 0) -> Iterator[World]:
    """Serves until the block ends, at any free port unless one is named.

    What violated GitHub's description is an AssertionError then."""
    world = World(folder)
    server = _Server(("127.0.0.1", port), _Handler)
    world.url = f"http://127.0.0.1:{server.server_port}"
    world.postman = Postman()
    world.issuer.url = f"{world.url}/oidc"
    server.world = world
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield world
    finally:
        world.postman.stop()
        server.shutdown()
        thread.join()
        server.server_close()
    assert not world.violations, world.violations


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    world: World

    def handle_error(self, request: object, client_address: object) -> None:  # noqa: ARG002
        """A client that goes away is none of this server's errors; everything else is, and fails the test."""
        error = sys.exc_info()[1]
        if not isinstance(error, ConnectionError):
            self.world.violations.append("".join(traceback.format_exception(error)))


@dataclass(slots=True)
class _Http:
    """One request as it came."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes

    @property
    def fields(self) -> dict[str, str]:
        if "json" in self.headers.get("content-type", ""):
            found: dict[str, str] = json.loads(self.body or b"{}")
            return found
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))


class _LostError(Exception):
    """It was done; nobody hears of it."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        http = _Http(self.command, url.path, url.query, headers, self._body(headers))
        try:
            answer = _answered(self.server.world, http)
        except _LostError:
            self.close_connection = True
            return
        except RefusalError as error:
            answer = Answer(error.body, error.status, error.headers)
        self._send(answer)

    do_POST = do_PATCH = do_PUT = do_DELETE = do_GET  # noqa: N815  # the standard library's names

    def _body(self, headers: dict[str, str]) -> bytes:
        if headers.get("transfer-encoding") != "chunked":
            return self.rfile.read(int(headers.get("content-length") or 0))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _send(self, answer: Answer) -> None:
        empty = answer.content is None and answer.raw is None
        content = answer.raw if answer.raw is not None else b"" if empty else json.dumps(answer.content).encode()
        self.send_response(answer.status)
        for name, value in {"Content-Type": "application/json", **answer.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Tests read what the world holds, not a log."""


def _answered(world: World, http: _Http) -> Answer:
    if not http.path.startswith(f"{_API}/"):
        with world.lock:
            return _page(world, http)
    path = http.path.removeprefix(_API)
    with world.lock:
        world.asked.append(f"{http.method} {path}")
        world.on_asked()
        fault = _fault(world, f"{http.method} {path}")
        if fault and not fault.after:
            raise RefusalError(fault.status, fault.message, fault.headers)
        answer = _api(world, http, path)
        if fault:
            raise _LostError
        return answer


def _page(world: World, http: _Http) -> Answer:
    query = dict(parse_qsl(http.query))
    if http.path.startswith("/oidc/.well-known/"):
        return Answer(world.issuer.jwks() if http.path.endswith("jwks") else world.issuer.configuration())
    if http.path == "/settings/apps/new" or re.fullmatch(r"/organizations/[^/]+/settings/apps/new", http.path):
        return pages.new_app(world, query, http.fields)
    if found := re.fullmatch(r"/(?:apps|github-apps)/([^/]+)/installations/(?:new|select_target)", http.path):
        return pages.install_app(world, found[1], query)
    if http.path == "/login/oauth/authorize":
        return pages.authorize(world, query)
    if http.path == "/login/oauth/access_token":
        return _as_asked(pages.access_token(world, http.fields), http)
    if re.fullmatch(r"/[^/]+/[^/]+(\.git)?/(info/refs|git-upload-pack|git-receive-pack)", http.path):
        return git_http.serve(world, http.method, http.path, http.query, http.body, http.headers)
    return site.serve(world, http.method, http.path, http.fields)


def _as_asked(answer: Answer, http: _Http) -> Answer:
    """Beside its API the host answers with a form, unless it is asked for JSON by that very name."""
    if http.headers.get("accept") == "application/json":
        return answer
    return Answer(raw=urlencode(answer.content).encode())


def _fault(world: World, asked: str) -> Fault | None:
    for fault in world.faults:
        if fault.where in asked:
            fault.times -= 1
            world.faults = [one for one in world.faults if one.times > 0]
            return fault
    return None


def _api(world: World, http: _Http, path: str) -> Answer:
    if found := re.fullmatch(r"/repositories/(\d+)(/.*)?", path):
        path = _by_number(world, int(found[1])) + (found[2] or "")
    route, parameters = _route(http.method, path)
    body = json.loads(http.body) if http.body else None
    asked = Asked(
        world, http.method, path, parameters, dict(parse_qsl(http.query)), body, http.headers.get("accept", "")
    )
    admit(asked, route, http.headers.get("authorization", ""))
    limits = _counted(world, asked)
    _judge(world, "request", route, description.request_violations(http.method, route.template, asked.query, body))
    answer = route.handler(asked)
    answer.headers |= limits
    if answer.raw is None:
        found_wrong = description.answer_violations(http.method, route.template, answer.status, answer.content)
        _judge(world, "answer", route, found_wrong)
    return answer


def _by_number(world: World, number: int) -> str:
    repository = next((one for one in world.repositories if one.id == number), None)
    if repository is None:
        raise RefusalError(404, "Not Found")
    return f"/repos/{repository.full_name}"


def _route(method: str, path: str) -> tuple[Route, dict[str, str]]:
    for route in ROUTES:
        if route.method == method and (found := _pattern(route.template).fullmatch(path)):
            return route, {name: unquote(value) for name, value in found.groupdict().items()}
    raise RefusalError(404, "Not Found")


@cache
def _pattern(template: str) -> re.Pattern[str]:
    parts = re.sub(r"\{(\w+)\}", lambda found: f"(?P<{found[1]}>{'.*' if found[1] == 'path' else '[^/]+'})", template)
    return re.compile(parts)


def _judge(world: World, what: str, route: Route, violations: list[str]) -> None:
    if violations:
        said = f"{what} of {route.method} {route.template}: {'; '.join(violations[:5])}"
        world.violations.append(said)
        raise RefusalError(500, said)


def _counted(world: World, asked: Asked) -> dict[str, str]:
    """The primary limit of a token, and the secondary one of an installation that writes too quickly."""
    token = asked.token
    if token is None:
        return {}
    headers = {
        "X-RateLimit-Limit": "5000",
        "X-RateLimit-Remaining": str(max(0, token.remaining - 1)),
        "X-RateLimit-Reset": str(int(time.time()) + 1_800),
    }
    if token.remaining <= 0:
        raise RefusalError(403, "API rate limit exceeded for installation.", headers)
    token.remaining -= 1
    if asked.method != "GET" and token.installation:
        writes = world.writes[token.installation.id]
        while writes and writes[0] < time.monotonic() - 60:
            writes.popleft()
        if len(writes) >= world.writes_a_minute:
            raise RefusalError(403, _SECONDARY, {**headers, "Retry-After": "60"})
        writes.append(time.monotonic())
    return headers
