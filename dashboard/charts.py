"""Numbers over time as paths of SVG, in a box of 1,000 by 100. Pure; colours and sizes are the stylesheet's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

WIDTH: Final = 1_000
HEIGHT: Final = 100
_LEAST: Final = 1.5  # what is there at all can be seen
_BAR: Final = 0.85  # of its step


def nice_top(largest: float) -> float:
    """The top of a scale: 1, 2 or 5 times a power of ten, and no less than the largest number."""
    if largest <= 0:
        return 1.0
    power = 1.0
    while power < largest:
        power *= 10
    while power / 10 >= largest:
        power /= 10
    return next(power * part for part in (0.1, 0.2, 0.5, 1.0) if power * part >= largest * (1 - 1e-9))


def stacked(rows: Sequence[Sequence[float]], top: float) -> list[str]:
    """A path of bars for each row; the first row stands at the bottom."""
    paths, below = [], [0.0] * len(rows[0])
    for row in rows:
        paths.append(
            "".join(_bar(index, len(row), below[index], value, top) for index, value in enumerate(row) if value)
        )
        below = [one + another for one, another in zip(below, row, strict=True)]
    return paths


def _bar(index: int, count: int, below: float, value: float, top: float) -> str:
    width = WIDTH / count
    height = max(_LEAST, HEIGHT * value / top)
    bottom = HEIGHT * (1 - below / top)
    return f"M{index * width:.1f} {bottom:.1f}v-{height:.1f}h{width * _BAR:.1f}v{height:.1f}z"


def steps(row: Sequence[float | None], top: float) -> str:
    """A line with a tread for each number; where there is none it is interrupted."""
    width, parts, joined = WIDTH / max(1, len(row)), [], False
    for index, value in enumerate(row):
        if value is not None:
            y = HEIGHT * (1 - min(1.0, value / top))
            parts.append(f"{f'V{y:.1f}' if joined else f'M{index * width:.1f} {y:.1f}'}H{(index + 1) * width:.1f}")
        joined = value is not None
    return "".join(parts)
