"""validate, schema, explain: for a person at a laptop, and for a CI job without the platform. No Django."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from typer._click.exceptions import UsageError  # typer brings its own click, and shows only a part of it

from builds import validation
from cli.showing import Json
from core.json_schema import NAMES
from core.targets import Target

app = typer.Typer()


@app.command()
def validate(
    path: Annotated[Path, typer.Argument(help="A project's folder, or an agent's file.", exists=True)] = Path(),
    target: Annotated[list[Target] | None, typer.Option(help="Check for this target; may be repeated.")] = None,
    root: Annotated[str, typer.Option(help="The project's folder inside the repository.")] = "",
    json: Json = False,
) -> None:
    """Check an agent project: every problem at once, with file and line."""
    report = validation.validate_path(path, target or (), root=root)
    colored = sys.stdout.isatty() and not json and not os.environ.get("NO_COLOR")
    typer.echo(validation.as_json(report) if json else validation.for_people(report, path, color=colored))
    raise typer.Exit(validation.exit_code(report))


@app.command()
def schema(
    name: Annotated[str, typer.Argument(help=f"One of: {', '.join(NAMES)}.")] = "agent",
    _json: Annotated[bool, typer.Option("--json", help="It is JSON anyway.")] = False,
) -> None:
    """Print the JSON Schema of a file, for your editor."""
    if name not in NAMES:
        raise typer.BadParameter(f"there is no schema {name!r}; there are {', '.join(NAMES)}")
    typer.echo(validation.schema_json(name))


@app.command()
def explain(code: Annotated[str, typer.Argument(help="As in a finding or an error.")], json: Json = False) -> None:
    """Say more about a code, and what to do."""
    text = validation.explanation_json(code) if json else validation.explanation(code)
    if text is not None:
        typer.echo(text)
        return
    meant = validation.codes_like(code)
    hint = f" Did you mean {' or '.join(meant)}?" if meant else ""
    if json:
        raise UsageError(f"There is no code {code}.{hint}")
    typer.echo(f"There is no code {code}.{hint}", err=True)
    raise typer.Exit(validation.EXIT_USAGE)
