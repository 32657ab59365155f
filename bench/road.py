"""`make bench-road`: the road's numbers, each beside what is asked of it; the last line is JSON. Exits 1 if one is missed."""

from __future__ import annotations

import json
import sys

from bench import pushes
from bench.installation import installation
from bench.measured import Measured, table


def main() -> None:
    results: list[Measured] = []
    with installation() as found:
        for part in (pushes.push_to_live, pushes.rollback_under_load):
            print(f"{part.__name__.replace('_', ' ')} …", flush=True)
            results += part(found)
    print(table(results))
    print(json.dumps({one.key: round(one.value, 3) for one in results}))
    sys.exit(0 if all(one.holds for one in results) else 1)


if __name__ == "__main__":
    main()
