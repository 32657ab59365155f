"""Waiting that can be stopped."""

from __future__ import annotations

import time
from itertools import islice

import pytest

from clients.vendor_api import heeding
from core.errors import CancelledError
from deployments.platforms.pauses import looks


def test_a_long_pause_ends_with_the_check_that_raises() -> None:
    asked = iter([None, CancelledError("cancelled", "stop")])

    def check() -> None:
        if error := next(asked):
            raise error

    began = time.monotonic()
    with pytest.raises(CancelledError):
        heeding(check)(60)
    assert time.monotonic() - began < 2


def test_looks_are_further_and_further_apart() -> None:
    pauses: list[float] = []
    for _look in islice(looks(pauses.append, seconds=60, first=0.1, longest=0.2), 4):
        pass
    assert pauses == pytest.approx([0.1, 0.15, 0.2])


def test_there_is_a_look_where_there_is_no_time() -> None:
    assert len(list(looks(lambda _seconds: None, seconds=0))) == 1
