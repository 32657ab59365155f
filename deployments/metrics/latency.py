"""How long requests took, as counts in fixed buckets: such can be added, wherever they were counted. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate
from typing import Final

#: The upper ends in seconds; what took longer is in one bucket more.
BOUNDS: Final = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 60.0)
BUCKETS: Final = len(BOUNDS) + 1


def bucket_of(seconds: float) -> int:
    return bisect_left(BOUNDS, seconds)


def quantile(counts: Sequence[int], share: float) -> float | None:
    """Seconds within which this share was done, as if each bucket were filled evenly; None where nothing was counted.

    What took longer than the last bound counts as that: the truth is at least so much.
    """
    rank = share * sum(counts)
    if not any(counts):
        return None
    for index, (reached, here) in enumerate(zip(accumulate(counts), counts, strict=True)):
        if here and reached >= rank:
            return _within(index, (rank - (reached - here)) / here)
    return BOUNDS[-1]


def _within(bucket: int, share: float) -> float:
    if bucket == len(BOUNDS):
        return BOUNDS[-1]
    lower = BOUNDS[bucket - 1] if bucket else 0.0
    return lower + share * (BOUNDS[bucket] - lower)
