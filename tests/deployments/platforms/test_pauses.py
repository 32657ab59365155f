"""Waiting that can be stopped."""

from __future__ import annotations

import time

import pytest

from core.errors import CancelledError
from deployments.platforms.pauses import looks, pause_of


def test_a_long_pause_ends_with_the_check_that_raises() -> None:
    asked = iter([None, CancelledError("cancelled", "stop")])

    def check() -> None:
        if error := next(asked):
            raise error

    began = time.monotonic()
    with pytest.raises(CancelledError):
        pause_of(check)(60)
    assert time.monotonic() - began < 2


def test_looks_are_further_and_further_apart_until_the_time_is_over() -> None:
    pauses: list[float] = []
    turns = sum(1 for _look in looks(pauses.append, seconds=0.01, first=0.001, longest=0.002))
    assert turns > 3
    assert pauses[:3] == pytest.approx([0.001, 0.0015, 0.002])


def test_there_is_a_look_where_there_is_no_time() -> None:
    assert len(list(looks(lambda _seconds: None, seconds=0))) == 1
