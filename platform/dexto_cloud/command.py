"""The script `dexto-cloud`: the command line, and what only the composition root can start."""

from __future__ import annotations

import os
import sys
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from cli.main import app, run
from dexto_cloud import demo as demonstration
from dexto_cloud.edge import become_caddy
from dexto_cloud.embedded import backups, data_directory
from dexto_cloud.embedded.screen import Screen
from dexto_cloud.embedded.session import run as run_session
from dexto_cloud.embedded.up import UpOptions

Port = Annotated[int | None, typer.Option(help="The dashboard's port; 0 takes any free one.", min=0, max=65535)]
Data = Annotated[Path | None, typer.Option(help="Where everything is kept.")]


@app.command("up")
def up(port: Port = None, data: Data = None) -> None:
    """Start everything on this machine, and keep it running until Ctrl-C."""
    arguments = [] if port is None else ["--port", str(port)]
    arguments += [] if data is None else ["--data", str(data)]
    # A process that stays for weeks should not carry what the other commands load.
    os.execv(sys.executable, [sys.executable, "-m", "dexto_cloud.embedded", *arguments])  # noqa: S606


@app.command("demo")
def demo(port: Port = None, data: Data = None) -> None:
    """The same, and take a sample agent from `git push` to its URLs."""
    screen = Screen()
    walk = partial(demonstration.in_background, screen)
    raise typer.Exit(run_session(UpOptions(data, port, model_server=not demonstration.own_key()), screen, walk))


@app.command("backup")
def backup(
    target: Annotated[Path, typer.Argument(help="The file to write. It holds every secret: keep it safe.")],
    data: Data = None,
) -> None:
    """Write database, objects, repositories and the agents' memories into one file, also while everything runs."""
    typer.echo(backups.back_up(data or data_directory.default_path(), target.absolute()))


@app.command("restore")
def restore(
    source: Annotated[Path, typer.Argument(help="The file that `backup` wrote.")],
    data: Data = None,
) -> None:
    """Make an installation from a backup, in an empty data directory; then `up` serves the same URLs."""
    typer.echo(backups.restore(source.absolute(), data or data_directory.default_path()))


@app.command("edge")
def edge() -> None:
    """Run Caddy in front of an installation of many processes; its settings come from the environment."""
    become_caddy()


def main() -> None:
    place = data_directory.default_path()
    os.environ.setdefault("DEXTO_CLI_FILE", str(place / "cli.json"))
    os.environ.setdefault("DEXTO_ENVIRONMENT_FILE", str(place / "environment.json"))
    run(app)
