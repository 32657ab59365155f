"""`dexto-cloud metrics`: what a project's agents did, in a few lines of a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from math import ceil
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.table import Table

from cli.client import own_api
from cli.link import OfProject
from cli.showing import Json, ProjectName, show

app = typer.Typer()
_BARS: Final = " ▁▂▃▄▅▆▇█"
_WIDTH: Final = 48


class Range(StrEnum):
    HOUR = "1h"
    DAY = "24h"
    WEEK = "7d"


@app.command("metrics", cls=OfProject)
def metrics(
    project: ProjectName,
    since: Annotated[Range, typer.Option("--range", help="How far back.")] = Range.HOUR,
    deployment: Annotated[str, typer.Option(help="Of this deployment alone.")] = "",
    json: Json = False,
) -> None:
    """Requests, errors, latency and tokens of the agents that are served here."""
    found = own_api().get(f"projects/{project}/metrics", range=since.value, deployment=deployment)
    if json:
        show(found, json, "")
        return
    console = Console(highlight=False)
    console.print(_table(found))
    for change in found["production_changes"]:
        console.print(f"{_clock(change['at'])}  production went to {change['deployment']} ({change['cause']})")


def _table(found: dict[str, Any]) -> Table:
    total, series = found["total"], found["series"]
    shown = Table("", "total", f"{_clock(found['since'])} to {_clock(found['until'])} UTC", box=None, pad_edge=False)
    shown.columns[1].justify = "right"
    for name in ("requests", "client_errors", "server_errors", "input_tokens", "output_tokens"):
        shown.add_row(name.replace("_", " "), f"{total[name]:,}", sparkline([one[name] for one in series]))
    for name in ("p50", "p95", "p99"):
        shown.add_row(f"latency {name}", _seconds(total[name]), sparkline([one[name] or 0 for one in series]))
    return shown


def sparkline(numbers: Sequence[float]) -> str:
    """A bar for each few numbers, as high as the largest of them; what is above nothing is seen."""
    few, largest = ceil(len(numbers) / _WIDTH), max(numbers, default=0)
    return "".join(_bar(max(numbers[begin : begin + few]), largest) for begin in range(0, len(numbers), max(1, few)))


def _bar(number: float, largest: float) -> str:
    return _BARS[ceil(number / largest * (len(_BARS) - 1))] if number > 0 else _BARS[0]


def _clock(moment: str) -> str:
    """Of a moment in ISO 8601: day and minute."""
    return moment[5:16].replace("T", " ")


def _seconds(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.1f} s"
