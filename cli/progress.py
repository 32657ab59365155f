"""What a person sees while they wait: beside the result, on stderr, and only where a terminal shows it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

Say = Callable[[str], None]


@contextmanager
def working(text: str) -> Iterator[Say]:
    """While something of unknown length goes on. What is yielded says a line above it."""
    console = Console(stderr=True)

    def say(line: str) -> None:
        console.print(line, markup=False, highlight=False, soft_wrap=True)

    with console.status(text):
        yield say


@contextmanager
def uploading(text: str, size: int) -> Iterator[Callable[[int], None]]:
    """A bar of so many bytes. What is yielded says that some more are there."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=console, transient=True, disable=not (console.is_terminal and size)) as bar:
        task = bar.add_task(text, total=size)
        yield lambda more: bar.advance(task, more)
