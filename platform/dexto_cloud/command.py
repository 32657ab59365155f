"""The script `dexto-cloud`: the command line, and what only the composition root can start."""

from __future__ import annotations

import os
import sys
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from cli.main import app, run
from cli.server import on_server
from cli.showing import Json, show
from dexto_cloud import demo as demonstration
from dexto_cloud.edge import become_caddy
from dexto_cloud.embedded import backups, data_directory, encryption_keys
from dexto_cloud.embedded.screen import JsonScreen, Screen
from dexto_cloud.embedded.session import run as run_session
from dexto_cloud.embedded.up import UpOptions

keys = typer.Typer(no_args_is_help=True, help="The keys under which values are stored (on the server).")
app.add_typer(keys, name="keys")

Port = Annotated[int | None, typer.Option(help="The dashboard's port; 0 takes any free one.", min=0, max=65535)]
Events = Annotated[bool, typer.Option("--json", help="For programs: an object for each thing that happens.")]
Anyway = Annotated[bool, typer.Option("--json", help="It is JSON anyway.")]
Data = Annotated[Path | None, typer.Option(help="Where everything is kept.")]


@app.command("up")
def up(
    port: Port = None,
    data: Data = None,
    json: Events = False,
) -> None:
    """Start everything on this machine, and keep it running until Ctrl-C."""
    arguments = [] if port is None else ["--port", str(port)]
    arguments += [] if data is None else ["--data", str(data)]
    arguments += ["--json"] if json else []
    # A process that stays for weeks should not carry what the other commands load.
    os.execv(sys.executable, [sys.executable, "-m", "dexto_cloud.embedded", *arguments])  # noqa: S606


@app.command("demo")
def demo(port: Port = None, data: Data = None, json: Events = False) -> None:
    """The same, and take a sample agent from `git push` to its URLs."""
    screen = JsonScreen() if json else Screen()
    walk = partial(demonstration.in_background, screen)
    raise typer.Exit(run_session(UpOptions(data, port, model_server=not demonstration.own_key()), screen, walk))


@app.command("backup")
def backup(
    target: Annotated[Path, typer.Argument(help="The file to write. It holds every secret: keep it safe.")],
    data: Data = None,
    _json: Anyway = False,
) -> None:
    """Write database, objects, repositories and the agents' memories into one file, also while everything runs."""
    typer.echo(backups.back_up(data or data_directory.default_path(), target.absolute()))


@app.command("restore")
def restore(
    source: Annotated[Path, typer.Argument(help="The file that `backup` wrote.")],
    data: Data = None,
    _json: Anyway = False,
) -> None:
    """Make an installation from a backup, in an empty data directory; then `up` serves the same URLs."""
    typer.echo(backups.restore(source.absolute(), data or data_directory.default_path()))


@app.command("edge")
def edge(json: Annotated[bool, typer.Option("--json", help="Say as JSON where it serves, then run.")] = False) -> None:
    """Run Caddy in front of an installation of many processes; its settings come from the environment."""
    become_caddy(json=json)


@keys.command("list")
def list_keys(data: Data = None, json: Json = False) -> None:
    """The keys under which values are stored: how many each wraps, and which may be removed."""
    if data is None and _is_many_processes():
        on_server("keys", "list", *(["--json"] if json else []))
    typer.echo(encryption_keys.list_keys(data or data_directory.default_path(), json=json))


@keys.command("rotate")
def rotate_keys(data: Data = None, json: Json = False) -> None:
    """Put every stored value under the first key; may be interrupted, and goes on when it is run again."""
    if data is None and _is_many_processes():
        on_server("keys", "rotate", *(["--json"] if json else []))
    typer.echo(encryption_keys.rotate(data or data_directory.default_path(), json=json))


@keys.command("remove")
def remove_key(
    key: Annotated[str, typer.Argument(help="Its id, as `keys list` shows it.")], data: Data = None, json: Json = False
) -> None:
    """Remove a key that wraps nothing any more from this machine's installation."""
    encryption_keys.remove(data or data_directory.default_path(), key)
    show({"removed": key}, json, f"The key {key} is removed.")


def _is_many_processes() -> bool:
    """There the operator's environment has the keys, and nobody else may write them."""
    return "DEXTO_ENCRYPTION_KEYS" in os.environ


def main() -> None:
    place = data_directory.default_path()
    os.environ.setdefault("DEXTO_CLI_FILE", str(place / "cli.json"))
    os.environ.setdefault("DEXTO_ENVIRONMENT_FILE", str(place / "environment.json"))
    run(sys.argv[1:])
