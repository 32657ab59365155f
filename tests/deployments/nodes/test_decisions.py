"""What a node does next: the whole table of what is wanted, what is observed and what is so."""

from __future__ import annotations

import itertools

import pytest

from deployments.models import Observed, Wanted
from deployments.nodes.decisions import Action, next_action

EVERYTHING = list(itertools.product(Wanted, Observed, (True, False)))


@pytest.mark.parametrize(
    ("wanted", "observed", "alive", "expected"),
    [
        (Wanted.RUNNING, Observed.NEW, False, Action.START),
        (Wanted.RUNNING, Observed.STARTING, True, Action.START),  # left half-started by a node that died
        (Wanted.RUNNING, Observed.ASLEEP, False, Action.START),
        (Wanted.RUNNING, Observed.RUNNING, True, Action.NOTHING),
        (Wanted.RUNNING, Observed.RUNNING, False, Action.MARK_CRASHED),
        (Wanted.RUNNING, Observed.STOPPING, True, Action.STOP),  # first to its end, then up again
        (Wanted.RUNNING, Observed.FAILED, False, Action.NOTHING),
        (Wanted.ASLEEP, Observed.RUNNING, True, Action.STOP),
        (Wanted.ASLEEP, Observed.RUNNING, False, Action.STOP),
        (Wanted.ASLEEP, Observed.ASLEEP, False, Action.NOTHING),
        (Wanted.GONE, Observed.RUNNING, True, Action.STOP),
        (Wanted.GONE, Observed.ASLEEP, False, Action.MARK_GONE),
        (Wanted.GONE, Observed.FAILED, False, Action.MARK_GONE),
        (Wanted.GONE, Observed.NEW, False, Action.MARK_GONE),
        (Wanted.GONE, Observed.GONE, False, Action.NOTHING),
        (Wanted.GONE, Observed.GONE, True, Action.STOP),
    ],
)
def test_the_next_step(wanted: str, observed: str, alive: bool, expected: Action) -> None:
    assert next_action(wanted, observed, alive=alive) is expected


@pytest.mark.parametrize(("wanted", "observed", "alive"), EVERYTHING)
def test_a_process_that_nobody_wants_is_stopped_and_none_is_started_twice(
    wanted: str, observed: str, alive: bool
) -> None:
    action = next_action(wanted, observed, alive=alive)
    if wanted != Wanted.RUNNING:
        assert action is not Action.START
        assert (action is Action.STOP) or not alive
    assert not (action is Action.START and observed in (Observed.RUNNING, Observed.STOPPING))


def after(action: Action, wanted: str, observed: str) -> str:
    """What the row says once the step is done."""
    done = {
        Action.START: Observed.RUNNING,
        Action.STOP: Observed.GONE if wanted == Wanted.GONE else Observed.ASLEEP,
        Action.MARK_GONE: Observed.GONE,
        Action.MARK_CRASHED: Observed.NEW,
    }
    return done.get(action, Observed(observed))


@pytest.mark.parametrize(("wanted", "observed", "alive"), EVERYTHING)
def test_from_everywhere_a_few_steps_lead_to_what_is_wanted(wanted: str, observed: str, alive: bool) -> None:
    for _step in range(4):
        action = next_action(wanted, observed, alive=alive)
        if action is Action.NOTHING:
            break
        observed = after(action, wanted, observed)
        alive = observed == Observed.RUNNING
    assert next_action(wanted, observed, alive=alive) is Action.NOTHING
