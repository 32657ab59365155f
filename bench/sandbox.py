"""`python -m bench.sandbox`: what the sandbox adds to a build step, against what is asked (150 ms)."""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from builds.node_program import node_program
from builds.runner.commands import Command, run
from builds.sandbox import cgroups
from builds.sandbox.backend import Machine
from builds.sandbox.choosing import choose
from builds.sandbox.contract import Limits, Specification

ROUNDS = 20
MOST_MS = 150.0


def main() -> None:
    node = node_program()
    argv = (str(node), "-e", "console.log(1)")
    with tempfile.TemporaryDirectory(prefix="bench-") as base:
        Path(base).chmod(0o755)
        folder = Path(base) / "work"
        folder.mkdir()
        choice = choose(Machine(Path(base) / "sandbox", cgroups.find()))
        specification = Specification(argv, folder, Limits(), readable=(node.parents[1],))
        outside = _median(lambda: run(Command(argv, 60, folder=folder), check=_nothing).ok)
        inside = _median(lambda: choice.sandbox.run(specification, check=_nothing).ok)
    measured = {
        "step_ms": round(outside, 1),
        "sandboxed_step_ms": round(inside, 1),
        "added_ms": round(inside - outside, 1),
    }
    print(choice.sentence)
    print(json.dumps(measured))
    sys.exit(0 if inside - outside <= MOST_MS else 1)


def _median(step: Callable[[], bool]) -> float:
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        assert step()
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


def _nothing() -> None:
    pass


if __name__ == "__main__":
    main()
