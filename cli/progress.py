"""What a person sees while they wait: beside the result, on stderr, and only where a terminal shows it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

Say = Callable[[str], None]
_WIDE: Final = 60  # columns, where the speed has room too


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
    speed = (TransferSpeedColumn(),) if console.width >= _WIDE else ()
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), *speed)
    is_shown = bool(size) and console.is_terminal and not console.is_dumb_terminal
    with Progress(*columns, console=console, transient=True, disable=not is_shown) as bar:
        task = bar.add_task(text, total=size)
        yield lambda more: bar.advance(task, more)
