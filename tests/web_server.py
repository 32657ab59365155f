"""A real HTTP server for tests: answers that are told to it, and the requests that it saw."""

import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread


@dataclass(frozen=True)
class Reply:
    """An answer. `length` may promise more than comes; `hang` keeps the connection open without a word."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    length: int | None = None
    hang: bool = False
    chunked: bool = False


@dataclass(frozen=True)
class Seen:
    """A request that came."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


Answerer = Callable[[Seen], Reply]


@dataclass
class WebServer:
    """A running server. Paths without an answer are 404."""

    port: int
    answers: dict[str, Reply | Answerer] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)
    over: Event = field(default_factory=Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def reply(self, seen: Seen) -> Reply:
        self.seen.append(seen)
        answer = self.answers.get(seen.path.partition("?")[0], Reply(404))
        return answer if isinstance(answer, Reply) else answer(seen)


@contextmanager
def web_server(
    answers: Mapping[str, Reply | Answerer] | None = None, *, tls: ssl.SSLContext | None = None
) -> Iterator[WebServer]:
    """A server on a free port of this machine."""
    server = _Server(("127.0.0.1", 0), _Handler)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    server.web = WebServer(server.server_port, dict(answers or {}))
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.web
    finally:
        server.web.over.set()
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    # A client may keep its connection open for longer than the server lives.
    daemon_threads = True
    block_on_close = False
    web: WebServer

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away in the middle is what these tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        size = int(self.headers.get("Content-Length", "0"))
        body = self.rfile.read(size)
        reply = self.server.web.reply(Seen(self.command, self.path, dict(self.headers), body))
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if reply.hang:
            # Half a header: the client waits for the rest.
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Half")
            self.server.web.over.wait()
            self.close_connection = True
            return
        self._send_body(reply)

    do_POST = do_GET  # noqa: N815  # the standard library's name

    def _send_body(self, reply: Reply) -> None:
        if reply.chunked:
            self.send_header("Transfer-Encoding", "chunked")
        else:
            self.send_header("Content-Length", str(reply.length or len(reply.body)))
        self.end_headers()
        self.wfile.write(f"{len(reply.body):x}\r\n".encode() * reply.chunked + reply.body)
        if reply.chunked and reply.length is None:
            self.wfile.write(b"\r\n0\r\n\r\n")
        self.close_connection = reply.length is not None

    def log_message(self, *_: object) -> None:
        """Tests read what was seen, not a log."""
