"""The `dexto-cloud` command. `up` and `demo` are added by the composition root, which knows the engines."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Final

import typer

from cli import completion, link, metrics, places, remote, server, signing_in, team
from cli.exits import Exit
from core.errors import DextoError, UserError

app = typer.Typer(
    name="dexto-cloud",
    help="Turns a repository that holds an AI agent into a live agent with a URL.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
#: They check, build or run agents, and load what does: who types another command does not wait for that.
_ON_DEMAND: Final = ("cli.deploy", "cli.check", "cli.build", "cli.run")


def _take(part: ModuleType) -> None:
    app.registered_commands += part.app.registered_commands
    app.registered_groups += part.app.registered_groups


for _part in (signing_in, link, remote, metrics, places, team, server, completion):
    _take(_part)


@cache
def complete() -> typer.Typer:
    """The command with all its parts."""
    for name in _ON_DEMAND:
        _take(import_module(name))
    return app


def run(arguments: Sequence[str]) -> None:
    """Our own errors are sentences, not stack traces: each ends as `cli/exits.py` says."""
    known = {one.name for one in app.registered_commands} | {one.name for one in app.registered_groups}
    command = app if set(arguments[:1]) & known else complete()
    try:
        command(arguments)
    except DextoError as error:
        place = f"{error.file}:{error.line}: " if error.file else ""
        typer.echo(f"{place}{error.sentence} [{error.code}]", err=True)
        if error.next_step:
            typer.echo(f"  {error.next_step}", err=True)
        sys.exit(Exit.FAILED if isinstance(error, UserError) else Exit.PLATFORM)
