"""What a vendor makes of an image and a command: the very command, in a file system that is new at each start."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from builds.node_program import node_program
from tests.fakes.vendor import Agent
from tests.runtime.targets import free_port


class Container(Agent):
    """Paths that the vendor's files, command and disks have are below a folder here. `disks` are path → folder."""

    def __init__(
        self,
        folder: Path,
        command: Sequence[str],
        variables: Mapping[str, str],
        files: Mapping[str, bytes],
        disks: Mapping[str, Path] | None = None,
    ) -> None:
        self.folder = folder
        root = folder / "root"
        shutil.rmtree(root, ignore_errors=True)
        for path, content in files.items():
            place = root / path.lstrip("/")
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
        root.mkdir(parents=True, exist_ok=True)
        for path, disk in (disks or {}).items():
            disk.mkdir(parents=True, exist_ok=True)
            (root / path.lstrip("/")).symlink_to(disk)
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self._log = folder / "log"
        seen = {name: _below(root, value) if value in (disks or {}) else value for name, value in variables.items()}
        # Each has a network of its own at the vendor; here they share one.
        environment = {**seen, "PORT": str(port), "HOST": "127.0.0.1", **_IMAGE}
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [_below(root, word) for word in command], cwd=root, env=environment, stdout=log, stderr=log
            )

    @property
    def log(self) -> str:
        return self._log.read_text()


def _below(root: Path, word: str) -> str:
    return str(root / word.lstrip("/")) if word.startswith("/") else word


#: What the image of Node has: Node, a shell, tar.
_IMAGE = {"PATH": f"{node_program().parent}{os.pathsep}/usr/local/bin:/usr/bin:/bin", "HOME": "/nonexistent"}
