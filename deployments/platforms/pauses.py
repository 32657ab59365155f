"""Waiting that can be stopped."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from threading import Event
from typing import Final

_LOOK_SECONDS: Final = 0.5


def pause_of(check: Callable[[], None]) -> Callable[[float], None]:
    """Waits so many seconds; `check` is asked at each half of one, and may raise."""

    def pause(seconds: float) -> None:
        until = time.monotonic() + seconds
        check()
        while (left := until - time.monotonic()) > 0:
            Event().wait(min(left, _LOOK_SECONDS))
            check()

    return pause


def looks(
    pause: Callable[[float], None], *, seconds: float, first: float = 0.1, longest: float = 3.0
) -> Iterator[None]:
    """A turn for each look at something that takes its time, further and further apart, until the time is over."""
    until, between = time.monotonic() + seconds, first
    while True:
        yield
        if time.monotonic() >= until:
            return
        pause(between)
        between = min(between * 1.5, longest)
