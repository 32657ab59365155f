"""`make bench-road`: the road's numbers, each beside what is asked of it; the last line is JSON.

    python -m bench.road [push_to_live] [rollback_under_load] [webhooks] [live_logs] [idle_memory]

Exits 1 if a number is missed. Without names it is everything.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable

from bench import intake, memory, pushes, viewers
from bench.installation import Installation, installation
from bench.measured import Measured, table

PARTS: tuple[Callable[[Installation], list[Measured]], ...] = (
    pushes.push_to_live,
    pushes.rollback_under_load,
    intake.webhooks,
    viewers.live_logs,
)


def main(wanted: list[str]) -> int:
    results: list[Measured] = []
    with installation() as found:
        for part in PARTS:
            if not wanted or part.__name__ in wanted:
                _announce(part.__name__)
                results += part(found)
    if not wanted or memory.idle_memory.__name__ in wanted:
        _announce(memory.idle_memory.__name__)
        results += memory.idle_memory()  # an installation of its own, in which nothing else was
    print(table(results))
    print(json.dumps({one.key: round(one.value, 3) for one in results}))
    return 0 if all(one.holds for one in results) else 1


def _announce(name: str) -> None:
    print(f"{name.replace('_', ' ')} …", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
