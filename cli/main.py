"""The `dexto-cloud` command. `up` and `demo` are added by the composition root, which knows the engines."""

from __future__ import annotations

import json as jsons
import sys
from typing import Never

import typer
from typer._click.exceptions import ClickException  # typer brings its own click, and shows only a part of it

from builds.finding_lines import finding_block
from builds.rejection import ProjectInvalidError
from cli import build, check, completion, deploy, link, metrics, places, remote, server, signing_in, team
from cli import run as run_bundle
from cli.exits import Exit, ended_by
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


def run(command: typer.Typer = app) -> Never:
    """Ends as `cli/exits.py` says. Our own errors are sentences, not stack traces; with --json all of them are JSON."""
    json = "--json" in sys.argv
    try:
        sys.exit(command(standalone_mode=not json))
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


def _findings(error: ProjectInvalidError, *, json: bool) -> str:
    """All of them, where another error is one sentence."""
    if json:
        return jsons.dumps({**error.as_dict(), "findings": [one.as_dict() for one in error.findings]})
    return "\n".join(finding_block(one) for one in error.findings)


def _mistyped(error: ClickException) -> UserError:
    context = getattr(error, "ctx", None)
    words = context.command_path if context else "dexto-cloud"
    return UserError("command_mistyped", error.format_message(), f"See `{words} --help`.")
