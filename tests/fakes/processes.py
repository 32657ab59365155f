"""Agents that fakes start by the command that they were given, as vendors do."""

from __future__ import annotations

import subprocess
import tarfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

from builds.node_program import node_program
from tests.fakes.vendor import Agent
from tests.runtime.targets import free_port

#: Where an image of Node has it. A slug brings its own, and finds no other.
NODE_PATH = f"{node_program().parent}:/usr/bin:/bin"
BARE_PATH = "/usr/bin:/bin"


class CommandAgent(Agent):
    """A shell's command in a folder, which is told its port and nothing of this machine."""

    def __init__(self, folder: Path, command: str, variables: Mapping[str, str], *, path: str, log: Path) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self._log = log
        environment = {"HOME": str(folder), "LANG": "C.UTF-8", **variables, "PATH": path, "PORT": str(port)}
        with log.open("ab") as written:
            self.process = subprocess.Popen(
                ("/bin/sh", "-c", f"exec {command}"), cwd=folder, env=environment, stdout=written, stderr=written
            )


def unpacked_archive(archive: bytes, place: Path) -> Path:
    """Raises tarfile.TarError and EOFError for what is no tar.gz."""
    with tarfile.open(fileobj=BytesIO(archive), mode="r:gz") as files:
        files.extractall(place, filter="data")
    return place
