"""What the fakes of vendors share: a socket, routes, judgement by the vendor's description, faults, and agents that
really run."""

from __future__ import annotations

import json
import re
import shutil
import ssl
import subprocess
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import RLock, Thread
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import httpx

from builds.bundle import BundleFile, Manifest, describe
from builds.packing import MANIFEST
from core.targets import Target
from deployments.runners.contract import Listen
from deployments.runners.foreground import launch_of
from tests.runtime.targets import free_port, wait_until

#: For what is asked without TLS: reading all authorities would take longer than the request.
PLAIN = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@dataclass(slots=True)
class Asked:
    """One request as it came. `parameters` are those of the route's template."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    parameters: dict[str, str] = field(default_factory=dict)

    @property
    def json(self) -> Any:
        return json.loads(self.body) if self.body else None

    @property
    def bearer(self) -> str:
        return self.headers.get("authorization", "").removeprefix("Bearer ")


@dataclass(slots=True)
class Answer:
    content: Any = None  # sent as JSON; bytes as they are; None is no body
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


class RefusalError(Exception):
    """Answered instead of what the route would have answered."""

    def __init__(self, status: int, content: Any, headers: dict[str, str] | None = None) -> None:
        super().__init__(f"{status} {content}")
        self.answer = Answer(content, status, headers or {})


@dataclass(slots=True)
class Fault:
    """Strikes the next `times` requests whose "METHOD /path" contains `where`, after `skip` of them were let through.

    With `lost`, it is done and the connection breaks before the answer; else `status` is answered and nothing is done.
    """

    where: str
    status: int = 500
    times: int = 1
    skip: int = 0
    lost: bool = False
    content: Any = None
    headers: dict[str, str] = field(default_factory=dict)


Handler = Callable[[Asked], Answer]
#: What is wrong with a request or an answer, by the vendor's description: (asked, template, answer) → sentences.
Judge = Callable[[Asked, str, Answer | None], list[str]]


#: How often a fault struck, by vendor and kind: `make platforms` prints it.
STRUCK: Counter[tuple[str, str]] = Counter()


class Vendor:
    """A fake's routes, faults and books. A vendor's fake subclasses it and registers its routes in `__init__`.

    Handlers run one after another. `calls` are all requests in order, as "METHOD /path". `violations` fail the test.
    """

    def __init__(self) -> None:
        self.url = ""
        self.lock = RLock()
        self.calls: list[str] = []
        self.faults: list[Fault] = []
        self.violations: list[str] = []
        self.judges: list[Judge] = []
        self._routes: list[tuple[str, re.Pattern[str], str, Handler]] = []

    def route(self, method: str, template: str, handler: Handler) -> None:
        """`{name}` in the template is one segment, `{name*}` the rest of the path. The first that fits wins."""
        self._routes.append((method, _pattern(template), template, handler))

    def admit(self, asked: Asked) -> None:
        """Raises RefusalError for who may not ask; overridden by each vendor."""

    def not_found(self, asked: Asked) -> Answer:
        return Answer({"message": f"no route {asked.method} {asked.path}"}, 404)

    def fault_content(self, status: int) -> Any:
        """The body of an error that a fault answers, in the vendor's shape."""
        return {"message": f"injected {status}"}

    def agent_at(self, hostname: str) -> Agent | None:  # noqa: ARG002
        """Who serves a hostname that is not the API's; overridden by each vendor. Canaries draw here."""
        return None

    def agent_for(self, hostname: str, asked: Asked) -> Agent | None:  # noqa: ARG002
        """The same, where the request decides too; overridden by vendors with headers for that."""
        return self.agent_at(hostname)

    def served(self, hostname: str, asked: Asked, answer: Answer) -> None:
        """What an agent answered at the edge; overridden by vendors whose logs tell it."""

    def close(self) -> None:
        """Ends what the fake started; overridden where it starts something."""

    def answered(self, asked: Asked) -> Answer | None:
        """None: the connection breaks."""
        with self.lock:
            self.calls.append(f"{asked.method} {asked.path}")
            fault = self._fault(f"{asked.method} {asked.path}")
            if fault and not fault.lost:
                content = fault.content if fault.content is not None else self.fault_content(fault.status)
                return Answer(content, fault.status, fault.headers)
            answer = self._routed(asked)
            return None if fault else answer

    def _routed(self, asked: Asked) -> Answer:
        for method, pattern, template, handler in self._routes:
            if method == asked.method and (found := pattern.fullmatch(asked.path)):
                asked.parameters = {name: unquote(value) for name, value in found.groupdict().items()}
                try:
                    self.admit(asked)
                    self._judge(asked, template, None)
                    answer = handler(asked)
                except RefusalError as error:
                    return error.answer
                self._judge(asked, template, answer)
                return answer
        self.violations.append(f"nobody serves {asked.method} {asked.path}")
        return self.not_found(asked)

    def _judge(self, asked: Asked, template: str, answer: Answer | None) -> None:
        found = [words for judge in self.judges for words in judge(asked, template, answer)]
        if found:
            said = f"{'answer' if answer else 'request'} of {asked.method} {template}: {'; '.join(found[:5])}"
            self.violations.append(said)

    def _fault(self, asked: str) -> Fault | None:
        for fault in self.faults:
            if fault.where in asked and fault.times > 0:
                if fault.skip > 0:
                    fault.skip -= 1
                    continue
                fault.times -= 1
                STRUCK[type(self).__name__.replace("Fake", ""), "answer lost" if fault.lost else str(fault.status)] += 1
                return fault
        return None


@contextmanager
def serving(vendor: Vendor) -> Iterator[None]:
    """On a socket, until the block ends. What violated the vendor's description is an AssertionError then."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.vendor = vendor
    vendor.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield
    finally:
        vendor.close()
        server.shutdown()
        thread.join()
        server.server_close()
    assert not vendor.violations, vendor.violations


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    vendor: Vendor

    def handle_error(self, request: object, client_address: object) -> None:  # noqa: ARG002
        """A client that goes away is no error of this server; everything else is, and fails the test."""
        error = sys.exc_info()[1]
        if not isinstance(error, ConnectionError):
            self.vendor.violations.append("".join(traceback.format_exception(error)))


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        query = dict(parse_qsl(url.query, keep_blank_values=True))
        asked = Asked(self.command, url.path, query, headers, self._body(headers))
        host = headers.get("host", "").partition(":")[0]
        answer = self._at_edge(host, asked) if host != "127.0.0.1" else self.server.vendor.answered(asked)
        if answer is None:
            self.close_connection = True
            return
        self._send(answer)

    do_POST = do_PATCH = do_PUT = do_DELETE = do_HEAD = do_GET  # noqa: N815  # the standard library's names

    def _at_edge(self, host: str, asked: Asked) -> Answer:
        """What a caller of an agent gets: the vendor's edge is on the same socket, told apart by the hostname."""
        agent = self.server.vendor.agent_for(host, asked)
        if agent is None:
            return Answer({"message": f"nothing is at {host}"}, 404)
        headers = {name: value for name, value in asked.headers.items() if name not in _HOP_HEADERS}
        try:
            url = agent.url + self.path
            found = httpx.request(asked.method, url, headers=headers, content=asked.body, timeout=30, verify=PLAIN)
        except httpx.TransportError as error:
            return Answer({"message": f"the agent does not answer: {error}"}, 502)
        kept = {name: value for name, value in found.headers.items() if name not in _HOP_HEADERS}
        answer = Answer(found.content, found.status_code, kept)
        self.server.vendor.served(host, asked, answer)
        return answer

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
        is_raw = isinstance(answer.content, bytes)
        content = answer.content if is_raw else b"" if answer.content is None else json.dumps(answer.content).encode()
        self.send_response(answer.status)
        kind = "application/octet-stream" if is_raw else "application/json"
        named = {name.lower() for name in answer.headers}
        for name, value in {**({} if "content-type" in named else {"Content-Type": kind}), **answer.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Tests read what the fake holds, not a log."""


_HOP_HEADERS = frozenset(
    {"connection", "content-encoding", "content-length", "host", "keep-alive", "transfer-encoding", "date", "server"}
)


def _pattern(template: str) -> re.Pattern[str]:
    parts = re.sub(r"\{(\w+)(\*?)\}", lambda found: f"(?P<{found[1]}>{'.*' if found[2] else '[^/]+'})", template)
    return re.compile(parts)


class Agent:
    """A bundle that really runs, as a process of its own."""

    def __init__(self, place: Path, variables: dict[str, str], *, state: Path | None = None) -> None:
        """`place` is a folder as `dexto-cloud build` writes it: see `unpacked`."""
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        launch = launch_of(place, Listen(port=port), variables, state or place.parent / f"{place.name}.state")
        self._log = place.parent / f"{place.name}.log"
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                launch.argv, cwd=launch.folder, env=dict(launch.environment), stdout=log, stderr=log
            )

    @property
    def log(self) -> str:
        return self._log.read_text()

    @property
    def is_healthy(self) -> bool:
        try:
            return httpx.get(f"{self.url}/health", timeout=2, verify=PLAIN).status_code == 200
        except httpx.TransportError:
            return False

    def wait(self) -> None:
        """Until it answers or has ended."""
        wait_until(lambda: self.process.poll() is not None or self.is_healthy, "the agent is not healthy")

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(timeout=30)


def unpacked(place: Path, target: Target, entry: str, files: dict[str, bytes]) -> Path:
    """What a vendor was sent, as a folder that `Agent` runs."""
    shutil.rmtree(place, ignore_errors=True)
    for path, content in files.items():
        file = place / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    listed: tuple[BundleFile, ...] = tuple(describe({path: place / path for path in files}))
    place.mkdir(parents=True, exist_ok=True)
    (place / MANIFEST).write_bytes(Manifest(target, entry, listed).to_json())
    return place
