"""`make bench-platforms`: what a release costs at each vendor, in calls and bytes, against its counterpart.

Looks at a state that is not there yet count once: how many there are is the vendor's pace, not ours. The last line is
JSON; exits 1 if a number is missed.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from bench.measured import Measured, table
from builds.bundle import MadeBundle
from builds.packing import Wish, pack
from core.targets import Target
from deployments.platforms.cloud import Service
from tests.deployments.platforms import (
    test_aws,
    test_cloudflare,
    test_fly,
    test_heroku,
    test_railway,
    test_render,
    test_vercel,
)
from tests.deployments.platforms.suite import Counterpart, Place
from tests.runtime.built import written
from tests.runtime.conftest import Server
from tests.runtime.projects import project
from tests.runtime.targets import RUNTIME


@dataclass(frozen=True, slots=True)
class Budget:
    """Calls that a first release may make, one of the same bundle, one of another, and a rollback."""

    first: int
    same: int
    other: int
    rollback: int


PLATFORMS = {
    "cloudflare": (test_cloudflare.made, Budget(10, 6, 6, 3)),
    "aws": (test_aws.made, Budget(25, 8, 12, 3)),
    "vercel": (test_vercel.made, Budget(14, 7, 9, 4)),
    "railway": (test_railway.made, Budget(8, 3, 4, 3)),
    "render": (test_render.made, Budget(4, 6, 6, 6)),
    "fly": (test_fly.made, Budget(8, 9, 9, 8)),
    "heroku": (test_heroku.made, Budget(9, 4, 6, 6)),
}


def main(wanted: list[str]) -> int:
    results: list[Measured] = []
    with Server(RUNTIME / "model-server" / "server.mjs") as port, tempfile.TemporaryDirectory() as kept:
        for name, (made, budget) in PLATFORMS.items():
            if not wanted or name in wanted:
                folder = Path(kept) / name
                folder.mkdir()
                with made(folder) as counterpart:
                    results += _measured(name, counterpart, budget, folder, f"http://127.0.0.1:{port}/v1")
    print(table(results))
    print(json.dumps({one.key: one.value for one in results}))
    return 0 if all(one.holds for one in results) else 1


def _measured(name: str, found: Counterpart, budget: Budget, folder: Path, model: str) -> Iterator[Measured]:
    one, two = (_bundle(found.target, version, folder) for version in ("one", "two"))
    service = Service("agent-bench", "dexto:bench:1", found.config)
    place = Place(found, {"MODEL_URL": model, "MODEL_KEY": "key"}, service)
    first = place.release(one)
    yield _calls(name, "first release", found, budget.first)
    before = found.uploaded_bytes()
    place.release(one)
    yield _calls(name, "the same bundle", found, budget.same)
    again = found.uploaded_bytes() - before
    yield Measured(f"{name}_again_bytes", f"{name}: unchanged files uploaded again", again, "B", 0)
    place.release(two)
    yield _calls(name, "another bundle", found, budget.other)
    place.move(first)
    yield _calls(name, "rollback", found, budget.rollback)
    assert place.greeting() == "one"
    place.delete()


def _calls(name: str, what: str, found: Counterpart, budget: int) -> Measured:
    calls = [call for call, _looks in groupby(found.fake.calls)]
    found.fake.calls.clear()
    return Measured(f"{name}_{what.replace(' ', '_')}", f"{name}: calls, {what}", len(calls), "", budget)


def _bundle(target: Target, version: str, folder: Path) -> MadeBundle:
    sources = written(project(greeting=version), folder / f"project-{version}")
    return pack(Wish(sources, target, folder / f"bundle-{version}")).made


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
