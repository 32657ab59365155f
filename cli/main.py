"""The `dexto-cloud` command. `up` and `demo` are added by the composition root, which knows the engines."""

from __future__ import annotations

import sys

import typer

from cli import build, check, completion, deploy, link, metrics, places, remote, server, signing_in, team
from cli import run as run_bundle
from cli.exits import Exit
from core.errors import DextoError, UserError

app = typer.Typer(
    name="dexto-cloud",
    help="Turns a repository that holds an AI agent into a live agent with a URL.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
for part in (signing_in, link, deploy, remote, metrics, places, team, check, build, run_bundle, server, completion):
    app.registered_commands += part.app.registered_commands
    app.registered_groups += part.app.registered_groups


def run(command: typer.Typer = app) -> None:
    """Our own errors are sentences, not stack traces: each ends as `cli/exits.py` says."""
    try:
        command()
    except DextoError as error:
        place = f"{error.file}:{error.line}: " if error.file else ""
        typer.echo(f"{place}{error.sentence} [{error.code}]", err=True)
        if error.next_step:
            typer.echo(f"  {error.next_step}", err=True)
        sys.exit(Exit.FAILED if isinstance(error, UserError) else Exit.PLATFORM)
