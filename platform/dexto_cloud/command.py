"""The script `dexto-cloud`: the command line, and what only the composition root can start."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Annotated

import typer

from cli.main import app, run
from dexto_cloud import demo as demonstration
from dexto_cloud.embedded import data_directory
from dexto_cloud.embedded.up import Running, UpOptions, start
from dexto_cloud.screen import Screen
from dexto_cloud.welcome import welcome

Port = Annotated[int | None, typer.Option(help="The dashboard's port; 0 takes any free one.")]
Data = Annotated[Path | None, typer.Option(help="Where everything is kept.")]


@app.command("up")
def up(port: Port = None, data: Data = None) -> None:
    """Start everything on this machine, and keep it running until Ctrl-C."""
    screen = Screen()
    running = start(UpOptions(data, port), screen.report)
    _stop_on_signals(running)
    screen.welcome(welcome(running))
    running.wait()


@app.command("demo")
def demo(port: Port = None, data: Data = None) -> None:
    """The same, and take a sample agent from `git push` to its URLs."""
    screen = Screen()
    running = start(UpOptions(data, port), screen.report)
    _stop_on_signals(running)
    demonstration.in_background(running, welcome(running), screen)
    running.wait()


def _stop_on_signals(running: Running) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: running.request_stop())


def main() -> None:
    place = data_directory.default_path()
    os.environ.setdefault("DEXTO_CLI_FILE", str(place / "cli.json"))
    os.environ.setdefault("DEXTO_ENVIRONMENT_FILE", str(place / "environment.json"))
    run(app)
