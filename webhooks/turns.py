"""Turns at a work that may come as a flood: it gets a few of a process's threads, and leaves the rest to others."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock


class Turns:
    """So many threads of this process act at once; whoever comes meanwhile goes away, and has one of those act once
    more: what was recorded before somebody came is looked at after it."""

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._lock = Lock()
        self._taken = 0
        self._again = False

    def take(self, act: Callable[[], int]) -> int:
        """The sum of what `act` returned, 0 where it is left to others."""
        if not self._begin():
            return 0
        try:
            done = act()
            while self._goes_on():
                done += act()
        except BaseException:
            self._end()
            raise
        return done

    def _begin(self) -> bool:
        with self._lock:
            if self._taken == self._at_once:
                self._again = True
                return False
            self._taken += 1
            return True

    def _goes_on(self) -> bool:
        """Whether somebody came meanwhile. Where nobody did, the turn ends with the question."""
        with self._lock:
            again, self._again = self._again, False
            self._taken -= not again
            return again

    def _end(self) -> None:
        with self._lock:
            self._taken -= 1
