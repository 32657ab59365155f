"""Looking again and again at something that takes its time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator


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
