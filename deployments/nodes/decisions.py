"""What a node does next about an instance. Pure: a table of what is wanted, what is observed, and what is so."""

from __future__ import annotations

from enum import Enum, auto

from deployments.models import Observed, Wanted


class Action(Enum):
    NOTHING = auto()
    START = auto()
    STOP = auto()
    MARK_GONE = auto()
    MARK_CRASHED = auto()


def next_action(wanted: str, observed: str, *, alive: bool) -> Action:
    """`alive` is whether the process that the row names is there."""
    if wanted == Wanted.RUNNING:
        return _towards_running(observed, alive)
    if alive or observed in (Observed.RUNNING, Observed.STARTING, Observed.STOPPING):
        return Action.STOP
    if wanted == Wanted.GONE and observed != Observed.GONE:
        return Action.MARK_GONE
    return Action.NOTHING


def _towards_running(observed: str, alive: bool) -> Action:
    if observed == Observed.FAILED:
        return Action.NOTHING  # it is started again when somebody asks for it, not by itself
    if observed == Observed.RUNNING:
        return Action.NOTHING if alive else Action.MARK_CRASHED
    if observed == Observed.STOPPING:
        return Action.STOP  # first to its end, then up again
    return Action.START
