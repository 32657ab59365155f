"""Turns at deliveries: so many at once, and nothing that was there when somebody came is left lying."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event, Lock

import pytest

from webhooks.turns import Turns


class Work:
    """What is recorded, and threads that do it, held where a test wants them to be."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.left = 0
        self.begun = 0
        self.go_on = Event()

    def add(self) -> None:
        with self.lock:
            self.left += 1

    def do(self) -> int:
        """Looks at what there is, and then takes its time."""
        with self.lock:
            done, self.left = self.left, 0
            self.begun += 1
        assert self.go_on.wait(10)
        return done


@pytest.fixture
def work() -> Work:
    return Work()


def _begun(work: Work, pool: ThreadPoolExecutor, act: Callable[[], int]) -> Future[int]:
    wanted = work.begun + 1
    future = pool.submit(act)
    while work.begun < wanted:
        Event().wait(0.001)
    return future


def test_no_more_than_so_many_act_at_once_and_the_rest_is_left_to_them(work: Work) -> None:
    turns = Turns(2)
    with ThreadPoolExecutor(2) as pool:
        first, second = (_begun(work, pool, lambda: turns.take(work.do)) for _ in range(2))
        work.add()
        assert turns.take(work.do) == 0
        assert work.left == 1
        work.go_on.set()
        assert first.result() + second.result() == 1
    assert work.left == 0


def test_nothing_is_left_lying_however_they_meet(work: Work) -> None:
    turns, count = Turns(2), 2_000
    work.go_on.set()

    def come() -> int:
        work.add()
        return turns.take(work.do)

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(lambda _: come(), range(count))) == count
    assert work.left == 0


def test_one_that_fails_gives_its_turn_back(work: Work) -> None:
    turns = Turns(1)
    with pytest.raises(ZeroDivisionError):
        turns.take(lambda: 1 // 0)
    work.go_on.set()
    work.add()
    assert turns.take(work.do) == 1
