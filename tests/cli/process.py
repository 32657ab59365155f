"""`dexto-cloud` as a process: what a person types, and what a script reads."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any, Final

from bench.installation import PROGRAM, Installation

#: Neither a person who signed in, nor the installation that `make demo` left on this machine.
_NOBODY: Final = {"HOME": "/nonexistent", "DEXTO_DATA_DIR": "/nonexistent/data"}


def typed(
    *arguments: str, folder: Path | None = None, stdin: str = "", **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(PROGRAM), *arguments],
        cwd=folder,
        env={**_NOBODY, "PATH": os.environ["PATH"], "COLUMNS": "200", **environment},
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def run(
    found: Installation, *arguments: str, stdin: str = "", token: str = "", folder: Path | None = None
) -> subprocess.CompletedProcess[str]:
    known = {"DEXTO_URL": found.url, "DEXTO_TOKEN": token or found.token}
    return typed(*arguments, folder=folder, stdin=stdin, **known)


def read(found: Installation, *arguments: str, stdin: str = "", folder: Path | None = None) -> Any:
    done = run(found, *arguments, "--json", stdin=stdin, folder=folder)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
