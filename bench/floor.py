"""The floor: the bare commands for the work of one push, one after another, without the platform around them."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

from bench.installation import Installation, temporary_folder
from builds.node_program import node_program
from clients.s3_store import S3Store

ROOT = Path(__file__).resolve().parents[1]
RUNTIME = ROOT / "runtime"
_QUIET = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null", "HOME": "/nonexistent"}


@dataclass(slots=True)
class Floor:
    """`seconds` of each bare command. Whatever programs keep warm for the platform is warm for these as well."""

    found: Installation
    folder: Path
    store: S3Store = field(init=False, repr=False)

    def __post_init__(self) -> None:
        values = self.found.environment
        self.store = S3Store(
            values["S3_BUCKET"], values["S3_ACCESS_KEY_ID"], values["S3_SECRET_ACCESS_KEY"], values["S3_ENDPOINT_URL"]
        )

    def seconds(self, repository: Path, commit: str, bundle: Path, uploaded: Mapping[str, bytes]) -> dict[str, float]:
        """`bundle` is what the platform made of this push, `uploaded` the objects that it put into the store."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir()
        entry = bundle / json.loads((bundle / ".manifest.json").read_bytes())["entry"]
        return {
            "clone": _timed(lambda: self._clone(repository, commit)),
            "esbuild": _timed(lambda: self._bundle(entry)),
            "upload": _timed(lambda: self._upload(uploaded)),
            "start": _timed(lambda: self._start(entry)),
        }

    def _clone(self, repository: Path, commit: str) -> None:
        target = self.folder / "project"
        _git("clone", "--quiet", "--depth", "1", repository.as_uri(), str(target))
        assert _git("-C", str(target), "rev-parse", "HEAD").strip() == commit

    def _bundle(self, entry: Path) -> None:
        """The same code once more: what it was made of is the bundler's affair."""
        options = ["--bundle", "--platform=node", "--format=esm", "--log-level=warning"]
        argv = [str(_esbuild()), str(entry), *options, f"--outfile={self.folder / 'index.mjs'}"]
        subprocess.run(argv, cwd=self.folder, check=True, capture_output=True)

    def _upload(self, objects: Mapping[str, bytes]) -> None:
        for key, content in objects.items():
            self.store.put(f"floor/{key}", content)

    def _start(self, entry: Path) -> None:
        path = self.folder / "agent.sock"
        argv = [str(node_program()), "--enable-source-maps", str(entry)]
        process = subprocess.Popen(
            argv, env={"DEXTO_SOCKET": str(path), "DEXTO_STATE_DIR": str(self.folder)}, stdout=subprocess.DEVNULL
        )
        try:
            while not _answers(path):
                assert process.poll() is None, "the server ended"
                Event().wait(0.002)
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()


@contextmanager
def floor(found: Installation) -> Iterator[Floor]:
    folder = temporary_folder()
    try:
        yield Floor(found, folder / "floor")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def objects_of(found: Installation) -> dict[str, Path]:
    """Everything in the installation's store: by key, where it lies on this disk."""
    bucket = found.data / "objects" / found.environment["S3_BUCKET"]
    return {
        path.relative_to(bucket).as_posix(): path
        for folder in ("blobs", "bundles")
        for path in (bucket / folder).rglob("*")
        if path.is_file()
    }


def _esbuild() -> Path:
    return next((RUNTIME / "node_modules" / "@esbuild").glob("*/bin/esbuild"))


def _git(*arguments: str) -> str:
    environment = {"PATH": os.environ["PATH"], **_QUIET}
    done = subprocess.run(["git", *arguments], env=environment, capture_output=True, text=True, check=True)
    return done.stdout


def _answers(path: Path) -> bool:
    connection = http.client.HTTPConnection("agent")
    connection.sock = socket.socket(socket.AF_UNIX)
    try:
        connection.sock.connect(str(path))
        connection.request("GET", "/health")
        answer = connection.getresponse()
        return answer.status == 200 and json.loads(answer.read())["status"] == "ok"
    except OSError:
        return False
    finally:
        connection.close()


def _timed(work: Callable[[], None]) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began
