"""`make demo GITHUB=fake`: this GitHub beside the platform's demo, to link, push, fork and merge without an account.

    python -m tests.fakes.github [--port 8420] -- dexto-cloud demo …

The command runs as a process of its own, and finds this GitHub as it would find any: at an address that a person
types. What both hold is made anew each time, and removed when they end.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from typing import Final

from dexto_cloud.embedded import data_directory

from tests.fakes.github import World, github

_SAMPLE: Final = Path(__file__).resolve().parents[3] / "platform" / "dexto_cloud" / "demo" / "sample"
_STEPS: Final = """
A GitHub that is not the real one is at {url}. It holds {repository}, and whoever opens it is {person}.
Once the platform says that it is done, sign in there, and on the dashboard:

  1. Team settings, Code host: type {url}, let it reach this platform, and create the app.
  2. Install it in an account: it agrees to everything.
  3. Link a repository, sign in with {host}, choose {repository}: its first deployment starts.
  4. At {url}/{repository} push a commit, open a pull request, ask from a fork, merge;
     and see there what the platform tells: statuses, checks, deployments, the comment.

All of it is gone after Ctrl-C.
"""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fakes.github")
    parser.add_argument("--port", type=int, default=8420)
    parser.add_argument("command", nargs="+")
    chosen = parser.parse_args()
    with (
        _new_directory() as data,
        TemporaryDirectory(prefix="fake-github-") as folder,
        github(Path(folder), port=chosen.port if _is_free(chosen.port) else 0) as world,
    ):
        _welcome(world)
        return _beside(world, chosen.command, data)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def _beside(world: World, command: list[str], data: Path) -> int:
    """Its exit code. Ctrl-C reaches the whole group: the command stops in its order, and this GitHub after it."""
    environment = {name: value for name, value in os.environ.items() if name != "OPENAI_API_KEY"}
    signal.signal(signal.SIGINT, lambda *_: None)
    process = subprocess.Popen(command, env={**environment, "DEXTO_DATA_DIR": str(data)})
    signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    Thread(target=_settle, args=(world, data, process), daemon=True).start()
    return process.wait()


def _settle(world: World, data: Path, process: subprocess.Popen[bytes]) -> None:
    """The repository speaks with the demo's own model, whose port is known once the platform has chosen it."""
    ports = data / "ports.json"
    while process.poll() is None and not ports.exists():
        Event().wait(0.1)
    model = json.loads(ports.read_text())["model"] if ports.exists() else 0
    with world.lock:
        world.commit(world.repositories[0], "main", _agent(model), "A first agent")


def _agent(model: int) -> dict[str, str]:
    files = {str(path.relative_to(_SAMPLE)): path.read_text() for path in _SAMPLE.rglob("*") if path.is_file()}
    llm = f"llm:\n  provider: openai-compatible\n  model: stand-in\n  baseURL: http://127.0.0.1:{model}/v1\n"
    return {**files, "agent.yml": files["agent.yml"].partition("llm:")[0] + llm}


def _welcome(world: World) -> None:
    person = world.signed_in = world.user("ada")
    repository = world.repository(person, "concierge")
    host = world.url.partition("://")[2]
    said = {"url": world.url, "host": host, "person": person.login, "repository": repository.full_name}
    print(_STEPS.format(**said), flush=True)  # noqa: T201  # it is a program


@contextmanager
def _new_directory() -> Iterator[Path]:
    """Beside the demo's own data: PostgreSQL's user reaches it where it reaches that."""
    own = data_directory.default_path()
    place = own.with_name(f"{own.name}-fake-github")
    shutil.rmtree(place, ignore_errors=True)
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
