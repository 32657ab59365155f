"""The targets of the contract suite: how a project is built for each, and how its bundle really runs."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from builds.node_program import node_program
from tests.runtime.projects import Project, bundle_module

RUNTIME = Path(__file__).parents[2] / "runtime"
_ESBUILD = RUNTIME / "node_modules" / "esbuild" / "bin" / "esbuild"
_REQUIRE = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);"


@dataclass
class Running:
    """An agent that runs. `restart` keeps what it has on disk."""

    command: list[str]
    folder: Path
    environment: Mapping[str, str]
    process: subprocess.Popen[bytes] = field(init=False)
    url: str = field(init=False)

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.launch({"PORT": str(port)})
        wait_until(lambda: self.process.poll() is not None or _answers(self.url), "the agent is not healthy")
        assert self.process.poll() is None, self.log

    def launch(self, more: Mapping[str, str]) -> None:
        environment = {"PATH": os.environ["PATH"], **self.environment, **more}
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(self.command, cwd=self.folder, env=environment, stdout=log, stderr=log)

    def stop(self, sign: signal.Signals = signal.SIGTERM) -> int:
        if self.process.poll() is None:
            self.process.send_signal(sign)
        return self.process.wait(timeout=30)

    def restart(self) -> None:
        self.stop()
        self.start()

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text()


def nodejs(project: Project, folder: Path, environment: Mapping[str, str]) -> Running:
    """One index.mjs under Node."""
    bundled(project, folder, RUNTIME / "src" / "entries" / "nodejs.ts", target="nodejs", store="sqlite")
    return Running(node_command(folder), folder, environment)


#: Adding a target is one line.
TARGETS: dict[str, Callable[[Project, Path, Mapping[str, str]], Running]] = {"nodejs": nodejs}


def node_command(folder: Path) -> list[str]:
    return [str(node_program()), str(folder / "index.mjs")]


def bundled(project: Project, folder: Path, entry: Path, *, target: str, store: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "bundle.mjs").write_text(bundle_module(project, target=target, store=store))
    for index, source in enumerate(project.modules.values()):
        (folder / f"module{index}.ts").write_text(source)
    options = ["--platform=node", "--format=esm", "--target=node24", f"--banner:js={_REQUIRE}"]
    aliases = [f"--alias:dexto:bundle={folder}/bundle.mjs", f"--alias:dexto:runtime={RUNTIME}/src"]
    output = ["--log-level=warning", f"--outfile={folder}/index.mjs"]
    subprocess.run([node_program(), _ESBUILD, entry, "--bundle", *options, *aliases, *output], check=True, cwd=RUNTIME)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def wait_until(condition: Callable[[], bool], otherwise: str, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, otherwise
        time.sleep(0.01)


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health", timeout=1).status_code == 200
    except httpx.TransportError:
        return False
