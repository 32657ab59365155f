"""Quantiles from counts: never outside of the bucket that they fall into, whatever was counted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployments.metrics.latency import BOUNDS, BUCKETS, bucket_of, quantile


def counted(seconds: list[float]) -> list[int]:
    counts = [0] * BUCKETS
    for one in seconds:
        counts[bucket_of(one)] += 1
    return counts


def test_of_nothing_there_is_none() -> None:
    assert quantile([0] * BUCKETS, 0.5) is None


def test_what_took_longest_counts_as_the_last_bound() -> None:
    assert quantile(counted([1_000.0]), 0.99) == BOUNDS[-1]


@pytest.mark.parametrize(("share", "seconds"), [(0.5, 0.1), (0.75, 0.15), (1.0, 0.2)])
def test_a_bucket_is_as_if_filled_evenly(share: float, seconds: float) -> None:
    assert quantile(counted([0.1, 0.1, 0.2, 0.2]), share) == pytest.approx(seconds)


@given(st.lists(st.floats(0, BOUNDS[-1]), min_size=1, max_size=60), st.sampled_from([0.01, 0.5, 0.95, 0.99, 1.0]))
def test_it_falls_into_the_bucket_of_the_true_one(seconds: list[float], share: float) -> None:
    found = quantile(counted(seconds), share)
    rank = max(1, -int(-share * len(seconds) // 1))
    true = bucket_of(sorted(seconds)[rank - 1])
    assert found is not None
    lower = BOUNDS[true - 1] if true else 0.0
    assert lower <= found <= BOUNDS[true] * (1 + 1e-9)


@given(st.lists(st.integers(0, 1_000), min_size=BUCKETS, max_size=BUCKETS))
def test_a_larger_share_takes_no_less(counts: list[int]) -> None:
    found = [quantile(counts, share) or 0.0 for share in (0.1, 0.5, 0.9, 0.95, 0.99, 1.0)]
    assert found == sorted(found)
