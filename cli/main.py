"""The `dexto-cloud` command. `up` and `demo` are added by the composition root, which knows the engines."""

from __future__ import annotations

import sys

import typer

from cli import build, check, deploy, places, remote, server, signing_in
from cli import run as run_bundle
from core.errors import DextoError, UserError

app = typer.Typer(
    name="dexto-cloud",
    help="Turns a repository that holds an AI agent into a live agent with a URL.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for part in (signing_in, deploy, remote, places, check, build, run_bundle, server):
    app.registered_commands += part.app.registered_commands
    app.registered_groups += part.app.registered_groups


def run(command: typer.Typer = app) -> None:
    """Our own errors are sentences, not stack traces: 1 for the person's, 3 for the platform's."""
    try:
        command()
    except DextoError as error:
        place = f"{error.file}:{error.line}: " if error.file else ""
        typer.echo(f"{place}{error.sentence} [{error.code}]", err=True)
        if error.next_step:
            typer.echo(f"  {error.next_step}", err=True)
        sys.exit(1 if isinstance(error, UserError) else 3)
