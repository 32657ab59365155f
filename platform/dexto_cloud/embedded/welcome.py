"""The first person of an installation, made by manage.py: this process knows no Django."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from core.errors import PlatformError
from dexto_cloud.embedded.data_directory import ROOT, write_private
from dexto_cloud.embedded.up import Running


@dataclass(frozen=True, slots=True)
class Welcome:
    """How to get in: by browser with the link, by git, API and command with the token."""

    url: str
    sign_in_url: str = field(repr=False)
    token: str = field(repr=False)


def welcome(running: Running) -> Welcome:
    """Also leaves files for the command line, which only this user can read."""
    data = running.directory.path
    write_private(data / "environment.json", json.dumps(running.environment))
    kept = data / "cli.json"
    token = json.loads(kept.read_text())["token"] if kept.exists() else ""
    made = _bootstrap(running, token)
    write_private(kept, json.dumps({"url": running.dashboard_url, "token": made["token"]}))
    return Welcome(running.dashboard_url, made["sign_in_url"], made["token"])


def _bootstrap(running: Running, token: str) -> dict[str, str]:
    done = subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), "bootstrap"],
        input=token,  # never in argv
        env=running.environment,
        cwd=Path(ROOT),
        capture_output=True,
        text=True,
        check=False,
        start_new_session=True,  # Ctrl-C is ours to hear
    )
    if done.returncode != 0:
        raise PlatformError("engine_failed", f"The first user could not be made: {done.stderr[-300:]}", "Start again.")
    made: dict[str, str] = json.loads(done.stdout)
    return made
