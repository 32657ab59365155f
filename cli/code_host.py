"""A repository at a code host as a terminal names it, and the person's token there, which no argument ever holds."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import typer

from cli.working_copy import remote_url

_GH_SECONDS: Final = 30
#: https://host:port/owner/name.git, ssh://git@host:port/owner/name.git, and git@host:owner/name.git as ssh takes it.
_URL: Final = re.compile(
    r"(?:(?P<web>https?)://|(?:ssh://)?)(?:[^@/]+@)?(?P<host>[^/:@]+)(?P<port>:\d+)?[/:](?P<name>[^/]+/[^/]+?)(?:\.git)?/?"
)
_NAME: Final = re.compile(r"[^/:@]+/[^/:@]+")


@dataclass(frozen=True, slots=True)
class HostedRepository:
    """`host` is "" where nothing was said of it."""

    name: str
    host: str = ""


def hosted_repository(text: str, folder: Path) -> HostedRepository:
    """From owner/name, a URL, or the name of a git remote of the folder."""
    if _NAME.fullmatch(text):
        return HostedRepository(text)
    found = _URL.fullmatch(text if "/" in text else remote_url(folder, text))
    if found is None:
        raise typer.BadParameter(f"{text} is no owner/name, and neither a URL nor a git remote that leads to one")
    port = found["port"] if found["web"] and found["port"] else ""  # ssh has its own, which names no host
    return HostedRepository(found["name"], found["host"] + port)


def token_at(host: str, environment: Mapping[str, str] = os.environ) -> str:
    """From GH_TOKEN or GITHUB_TOKEN, else of GitHub's own command, else asked for, or read from a pipe."""
    return environment.get("GH_TOKEN", "") or environment.get("GITHUB_TOKEN", "") or _of_gh(host) or _asked()


def _of_gh(host: str) -> str:
    program = shutil.which("gh")
    if program is None:
        return ""
    done = subprocess.run(
        [program, "auth", "token", *(["--hostname", host] if host else [])],
        capture_output=True,
        check=False,
        timeout=_GH_SECONDS,
        stdin=subprocess.DEVNULL,
    )
    return done.stdout.decode("utf-8", "replace").strip() if done.returncode == 0 else ""


def _asked() -> str:
    stdin = typer.get_text_stream("stdin")
    if stdin.isatty():
        return str(typer.prompt("Your token at the code host", hide_input=True, err=True))
    if not (said := stdin.read().strip()):
        raise typer.BadParameter("your token at the code host is not known: set GH_TOKEN, or run `gh auth login`")
    return said
