"""The script `dexto-cloud`: the command line, and what only the composition root can start."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from cli.main import app, run
from dexto_cloud import demo as demonstration
from dexto_cloud.embedded import backups, data_directory
from dexto_cloud.embedded.screen import Screen
from dexto_cloud.embedded.up import UpOptions, start
from dexto_cloud.embedded.welcome import welcome

Port = Annotated[int | None, typer.Option(help="The dashboard's port; 0 takes any free one.")]
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
    running = start(UpOptions(data, port), screen.report)
    running.stop_on_signals()
    with running.stopped_at_exit():
        demonstration.in_background(running, welcome(running), screen)
        running.wait()


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


def main() -> None:
    place = data_directory.default_path()
    os.environ.setdefault("DEXTO_CLI_FILE", str(place / "cli.json"))
    os.environ.setdefault("DEXTO_ENVIRONMENT_FILE", str(place / "environment.json"))
    run(app)
