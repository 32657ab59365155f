"""A short `make faults`: processes die in the middle of pushes, and nothing is lost or done twice."""

from __future__ import annotations

from bench.faults import Plan, run
from bench.harm import FAULTS
from bench.installation import installation
from bench.judging import Judge, Pushed, Verdict


def test_pushes_survive_the_death_of_any_process() -> None:
    """The whole of it, with every fault and more pushes, is `make faults`."""
    plan = Plan(seed=11, builds=12, faults=(FAULTS["worker"], FAULTS["web"], FAULTS["postgres"]))
    with installation(settings={"DEXTO_LEASE_SECONDS": "4"}) as found:
        verdict = run(found, plan)
        never_pushed = Judge(found).judge([Pushed("ada", "main", "1" * 40)], seconds=0)
    assert verdict == Verdict(builds=12)
    assert never_pushed.lost == 1  # the judge is able to find fault
