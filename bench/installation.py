"""A whole installation in a process of its own, in a temporary directory and on free ports, driven from outside."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any, TypeVar
from urllib.parse import urlsplit

import psutil
from dexto_cloud.demo.git_push import Checkout

from cli.client import Api, Connection
from core.errors import DextoError

Found = TypeVar("Found")
SMALL_DISK_BYTES = 2 * 1024**3
PROGRAM = Path(sys.executable).with_name("dexto-cloud")
#: Agents that say who they are and need no model: what is measured is the platform.
_RUNTIME = Path(__file__).resolve().parents[1] / "runtime" / "sample"


@dataclass(slots=True)
class Answer:
    status: int
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(slots=True)
class Installation:
    """`dexto-cloud up`, and the ways in that everyone has: API, git, HTTP."""

    data: Path
    process: subprocess.Popen[bytes]
    url: str
    token: str = field(repr=False)

    @property
    def api(self) -> Api:
        return Api(Connection(self.url, self.token))

    @property
    def port(self) -> int:
        return urlsplit(self.url).port or 80

    @property
    def environment(self) -> dict[str, str]:
        found: dict[str, str] = json.loads((self.data / "environment.json").read_text())
        return found

    def project(self, slug: str, folder: Path) -> Checkout:
        """A project with a repository of its own, and a working copy to push from."""
        self.api.post("projects", {"slug": slug})
        checkout = Checkout(folder, f"{self.url}/git/{slug}.git", self.token)
        checkout.make()
        return checkout

    def connect(self, seconds: float = 30) -> http.client.HTTPConnection:
        """*.localhost does not resolve in Python: the host goes by its header."""
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=seconds)

    def ask(self, url: str, path: str = "/", *, method: str = "GET", body: bytes | None = None) -> Answer:
        connection = self.connect()
        try:
            connection.request(method, path, body=body, headers={"Host": urlsplit(url).netloc})
            answer = connection.getresponse()
            return Answer(answer.status, answer.read())
        finally:
            connection.close()

    def deployment_of(self, slug: str, commit: str, branch: str = "main") -> dict[str, Any]:
        """Waits until the newest deployment of a commit has ended."""

        def ended() -> dict[str, Any] | None:
            found = self.api.get(f"projects/{slug}/deployments", commit=commit, branch=branch)
            active = ("queued", "building", "deploying")
            return found[0] if found and found[0]["status"] not in active else None

        return until(ended, f"a deployment of {commit[:7]}")

    def live_commit(self, slug: str) -> str:
        """What production answers; "" where nothing answers as it should."""
        try:
            answer = self.ask(f"http://{slug}.localhost:{self.port}")
            return str(answer.json["commit"]) if answer.status == 200 else ""
        except (OSError, http.client.HTTPException, ValueError):
            return ""

    def is_ready(self) -> bool:
        """Whether it answers, and reaches every engine."""
        try:
            return self.ask(self.url, "/readyz").status == 200
        except (OSError, http.client.HTTPException):
            return False

    def processes(self) -> list[psutil.Process]:
        own = psutil.Process(self.process.pid)
        return [own, *own.children(recursive=True)]

    def named(self, word: str) -> list[psutil.Process]:
        """Processes with a word in their command line."""
        return [one for one in self.processes() if word in " ".join(_command(one))]

    def pss_megabytes(self) -> dict[str, float]:
        """By process; shared pages count in parts."""
        sizes: dict[str, float] = {}
        for process in self.processes():
            try:
                size = process.memory_full_info().pss / 1_000_000
            except (psutil.NoSuchProcess, psutil.AccessDenied):
                continue
            sizes[f"{process.pid} {_label(process)}"] = round(size, 1)
        return sizes

    def stop(self) -> int:
        """By Ctrl-C's signal; the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(60)


def start(data: Path, *, settings: dict[str, str] | None = None, port: int = 0) -> Installation:
    """Returns once it is up."""
    (data / "cli.json").unlink(missing_ok=True)
    log = (data.parent / f"{data.name}.out").open("wb")
    process = subprocess.Popen(
        [str(PROGRAM), "up", "--port", str(port), "--data", str(data)],
        stdout=log,
        stderr=subprocess.STDOUT,
        env={**os.environ, "DEXTO_AGENT_RUNTIME_DIR": str(_RUNTIME), **(settings or {})},
        start_new_session=True,
    )
    log.close()

    def ready() -> dict[str, str] | None:
        if process.poll() is not None:
            said = (data.parent / f"{data.name}.out").read_text()[-2000:]
            raise RuntimeError(f"`dexto-cloud up` ended with {process.returncode}: {said}")
        kept = data / "cli.json"
        return json.loads(kept.read_text()) if kept.exists() else None

    found = until(ready, "the installation", seconds=90)
    return Installation(data, process, found["url"], found["token"])


@contextmanager
def installation(
    *, settings: dict[str, str] | None = None, small_disk: bool = False, port: int = 0
) -> Iterator[Installation]:
    """One for this block, with nothing left of it afterwards; its data on a disk of its own, if that is asked for."""
    folder = temporary_folder()
    with _disk(folder) if small_disk and can_mount() else nullcontext():
        (folder / "data").mkdir()
        found = start(folder / "data", settings=settings, port=port)
        try:
            yield found
        finally:
            if found.process.poll() is None:
                found.stop()
    shutil.rmtree(folder, ignore_errors=True)


def can_mount() -> bool:
    return os.geteuid() == 0 and shutil.which("mount") is not None


@contextmanager
def _disk(folder: Path) -> Iterator[None]:
    options = f"size={SMALL_DISK_BYTES},mode=755"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "bench", str(folder)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def temporary_folder() -> Path:
    """As root where PostgreSQL's user can go."""
    base = Path("/var/lib/dexto-cloud") if os.geteuid() == 0 else None
    if base:
        base.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="try-", dir=base))
    folder.chmod(0o755)
    return folder


def until(look: Callable[[], Found | None], what: str, *, seconds: float = 60, pause: float = 0.02) -> Found:
    """Waits on a condition. Raises TimeoutError that names it."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            found = look()
        except DextoError:
            found = None  # not up at this moment
        if found:
            return found
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not come within {seconds:.0f} s")
        Event().wait(pause)


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return []


def _label(process: psutil.Process) -> str:
    words = [Path(word).name for word in _command(process)[:4] if not word.startswith("-")]
    return " ".join(words)[:60]
