"""git's own http-backend behind a password: what a builder fetches from, over a real socket."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

import psutil


@dataclass(slots=True)
class GitServer:
    """`seen` holds the command lines of every process of the machine, as they were while it was asked."""

    folder: Path
    authorization: str
    port: int = 0
    asked: int = 0
    seen: list[str] = field(default_factory=list)

    def url(self, repository: Path) -> str:
        return f"http://127.0.0.1:{self.port}/{repository.relative_to(self.folder)}"


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    git: GitServer


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        git = self.server.git
        git.asked += 1
        git.seen += [" ".join(one.info["cmdline"] or ()) for one in psutil.process_iter(["cmdline"])]
        if self.headers.get("Authorization") == git.authorization:
            self._serve(git)
        else:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="git"')
            self.end_headers()

    do_POST = do_GET  # noqa: N815  # the standard library's name

    def _serve(self, git: GitServer) -> None:
        url = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        environment = {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": str(git.folder),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "safe.directory",
            "GIT_CONFIG_VALUE_0": "*",
            "PATH_INFO": url.path,
            "QUERY_STRING": url.query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
        }
        done = subprocess.run(["git", "http-backend"], input=body, env=environment, capture_output=True, check=True)
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().splitlines())
        self.send_response(int(headers.pop("Status", "200").split()[0]))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Tests read what was seen, not a log."""


@contextmanager
def git_server(folder: Path, authorization: str) -> Iterator[GitServer]:
    """Serves every repository below the folder to who sends this header."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.git = GitServer(folder, authorization, server.server_port)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.git
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
