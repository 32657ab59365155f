"""The `dexto-cloud` command. `up` and `demo` are added by the composition root, which knows the engines."""

from __future__ import annotations

import json as jsons
import sys
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Final, Never

import typer
from typer._click.exceptions import ClickException  # typer brings its own click, and shows only a part of it

from builds.finding_lines import finding_block
from builds.rejection import ProjectInvalidError
from cli import completion, link, metrics, notifications, places, remote, server, signing_in, team
from cli.exits import Exit, ended_by
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


for _part in (signing_in, link, remote, metrics, places, team, notifications, server, completion):
    _take(_part)


@cache
def complete() -> typer.Typer:
    """The command with all its parts."""
    for name in _ON_DEMAND:
        _take(import_module(name))
    return app


def run(arguments: Sequence[str]) -> Never:
    """Ends as `cli/exits.py` says. Our own errors are sentences, not stack traces; with --json all of them are JSON."""
    json = "--json" in arguments
    try:
        sys.exit(_asked_for(arguments)(arguments, standalone_mode=not json))
    except ProjectInvalidError as error:
        typer.echo(_findings(error, json=json), err=True)
        sys.exit(Exit.FAILED)
    except DextoError as error:
        sys.exit(ended_by(error, json=json))
    except ClickException as error:  # for people it is typer that says what was mistyped
        ended_by(_mistyped(error), json=True)
        sys.exit(Exit.USAGE)
    except typer.Abort:
        typer.echo(err=True)  # after the question
        sys.exit(ended_by(UserError("not_confirmed", "It was broken off: nothing was done.", "Add --yes."), json=True))


def _asked_for(arguments: Sequence[str]) -> typer.Typer:
    """What knows the command that was typed; where it is unknown, or help, that is all of it."""
    known = {one.name for one in app.registered_commands} | {one.name for one in app.registered_groups}
    return app if set(arguments[:1]) & known else complete()


def _findings(error: ProjectInvalidError, *, json: bool) -> str:
    """All of them, where another error is one sentence."""
    if json:
        return jsons.dumps({**error.as_dict(), "findings": [one.as_dict() for one in error.findings]})
    return "\n".join(finding_block(one) for one in error.findings)


def _mistyped(error: ClickException) -> UserError:
    context = getattr(error, "ctx", None)
    words = context.command_path if context else "dexto-cloud"
    return UserError("command_mistyped", error.format_message(), f"See `{words} --help`.")
