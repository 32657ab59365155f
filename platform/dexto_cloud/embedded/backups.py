"""`dexto-cloud backup` and `restore` on one machine: the engines are started where they do not run already."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Final

from core.errors import PlatformError, UserError
from dexto_cloud.embedded.data_directory import ROOT
from dexto_cloud.embedded.installation import engines_of
from dexto_cloud.embedded.up import UpOptions, start

_FILES: Final = ("secrets.json", "ports.json", "layout-version")


def back_up(data: Path, target: Path) -> str:
    """What was written, as JSON. Raises UserError and PlatformError."""
    with engines_of(data) as found:
        return _run(found.environment, "make", target)


def restore(source: Path, data: Path) -> str:
    """Into a data directory that is empty or new: with the same keys and ports, so that every URL holds."""
    if data.exists() and any(data.iterdir()):
        raise UserError("restore_not_empty", f"{data} is not empty.", "Name a new directory with --data.")
    _restore_identity(source, data)
    running = start(UpOptions(data, engines_only=True, port=0), lambda _event: None)
    try:
        return _run(running.environment, "restore", source)
    finally:
        running.stop()
        _restore_identity(source, data)  # the ports that were free for the engines just now are not the edge's


def _restore_identity(source: Path, data: Path) -> None:
    data.mkdir(parents=True, exist_ok=True)
    try:
        with tarfile.open(source, mode="r:") as tar:
            for member in tar:
                name = member.name.removeprefix("data/")
                if member.name.startswith("data/") and name in _FILES:
                    member.name = name
                    tar.extract(member, data, filter="data")
    except (tarfile.TarError, OSError) as error:
        raise UserError("backup_unreadable", f"{source} is no backup: {error}", "Name the file of a backup.") from error


def _run(environment: dict[str, str], verb: str, file: Path) -> str:
    argv = [sys.executable, "-m", "dexto_cloud.backup", verb, str(file)]
    done = subprocess.run(
        argv, env={**environment, "PATH": os.environ.get("PATH", os.defpath)}, cwd=ROOT, capture_output=True, text=True
    )
    if done.returncode == 0:
        return done.stdout.strip()
    said = done.stderr.strip().splitlines()
    sentence = next((line for line in said if line.endswith("]")), said[-1] if said else "it said nothing")
    raise PlatformError("backup_failed", sentence, said[-1].strip() if said else "Look at the engines' logs.")
