"""How commands answer: words or a table for people, one JSON document for programs."""

from __future__ import annotations

import json as jsons
from collections.abc import Callable
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

Json = Annotated[bool, typer.Option("--json", help="For programs.")]
ProjectName = Annotated[str, typer.Argument(help="The project's name.")]


def show(found: Any, json: bool, text: str, *, err: bool = False) -> None:
    typer.echo(jsons.dumps(found, indent=2) if json else text, err=err)


def cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else ""
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value or "")


def table(rows: list[dict[str, Any]], json: bool, columns: tuple[str, ...], cell: Callable[[Any], str] = cell) -> None:
    if json:
        typer.echo(jsons.dumps(rows, indent=2))
        return
    shown = Table(*(column.replace("_", " ") for column in columns), box=None, pad_edge=False)
    for row in rows:
        shown.add_row(*(cell(row[column]) for column in columns))
    Console().print(shown)
