"""Push → live against the floor, reuse, and rollback under load."""

from __future__ import annotations

import statistics
import time
from pathlib import Path
from threading import Event

from dexto_cloud.demo.git_push import Checkout

from bench import projects
from bench.floor import Floor, floor, objects_of
from bench.installation import Installation, until
from bench.load import Load
from bench.measured import Measured

SMALL, LARGE, SWITCHED = "small", "large", "switched"
_SMALL_ROUNDS, _LARGE_ROUNDS, _REUSES, _COMMITS = 7, 5, 5, 200
_RATE, _REQUESTS, _SWITCHES = 250, 10_000, 20


def push_to_live(found: Installation) -> list[Measured]:
    with floor(found) as bare:
        small = _first(found, SMALL)
        small_s, small_floor_s = _rounds(found, bare, small, SMALL, _SMALL_ROUNDS)
        reuse_s = statistics.median(_reuse(found, small) for _ in range(_REUSES))
        large, cold_s = _large(found)
        large_s, large_floor_s = _rounds(found, bare, large, LARGE, _LARGE_ROUNDS)
    return [
        Measured("small_push_s", "small project: push → live, median", small_s, "s"),
        Measured("small_floor_s", "  its floor", small_floor_s, "s"),
        Measured("small_over_floor_s", "  over the floor", small_s - small_floor_s, "s", 0.8),
        Measured("large_cold_s", "large project: the first push of all 50 MB → live", cold_s, "s"),
        Measured("large_push_s", "large project: push → live, median", large_s, "s"),
        Measured("large_floor_s", "  its floor", large_floor_s, "s"),
        Measured("large_times_floor", "  times the floor", large_s / large_floor_s, "×", 1.5),
        Measured("reuse_s", "the same tree pushed again → live, median", reuse_s, "s", 1.0),
    ]


def rollback_under_load(found: Installation) -> list[Measured]:
    """Switches between two versions, back and forth, while requests come at a fixed rate."""
    checkout = _first(found, SWITCHED)
    projects.write_small(checkout.folder, "2")
    checkout.commit("second")
    _push(found, checkout, SWITCHED)
    load = Load(found, SWITCHED, rate=_RATE)
    took = []
    pause = _REQUESTS / _RATE / _SWITCHES
    with load.running():
        for _ in range(_SWITCHES):
            began = time.monotonic()
            took.append(_switch_ms(found))
            Event().wait(max(0.0, pause - (time.monotonic() - began)))
        until(lambda: load.asked >= _REQUESTS, "the last request")
    print(
        f"  {load.asked} requests, {load.stream_events} events on {load.streams} streams; dropped: {dict(load.reasons)}"
    )
    return [
        Measured("rollback_ms", f"rollback → first answer of the older, worst of {_SWITCHES}", max(took), "ms", 300),
        Measured("rollback_median_ms", "  median", statistics.median(took), "ms"),
        Measured("requests", f"requests during {_SWITCHES} switches", load.asked, "", _REQUESTS, at_least=True),
        Measured("dropped", "  dropped or failed", load.dropped, "", 0),
    ]


def _first(found: Installation, slug: str) -> Checkout:
    folder = found.data.parent / slug
    projects.write_small(folder)
    checkout = found.project(slug, folder)
    checkout.commit("first")
    _push(found, checkout, slug)
    return checkout


def _large(found: Installation) -> tuple[Checkout, float]:
    """A history of 200 commits in the repository, and the whole of it live."""
    folder = found.data.parent / LARGE
    folder.mkdir()
    checkout = found.project(LARGE, folder)
    projects.write_large_in_commits(folder, _COMMITS, checkout.commit)
    return checkout, _push(found, checkout, LARGE)


def _rounds(found: Installation, bare: Floor, checkout: Checkout, slug: str, rounds: int) -> tuple[float, float]:
    """Each push beside its own floor, so that a busy machine slows both. Medians, in seconds."""
    pushed, floors = [], []
    for number in range(rounds):
        (checkout.folder / "VERSION").write_text(f"round {number}")
        (checkout.folder / "prompts" / "0.md").write_text(f"# Prompt 0, round {number}\n")
        checkout.commit(f"round {number}")
        before = objects_of(found).keys()
        pushed.append(_push(found, checkout, slug))
        uploaded = {key: path.read_bytes() for key, path in objects_of(found).items() if key not in before}
        bundle = found.data / "bundles" / found.deployment_of(slug, checkout.head())["bundle"]
        parts = bare.seconds(_origin(found, slug), checkout.head(), bundle, uploaded)
        floors.append(sum(parts.values()))
        shown = ", ".join(f"{name} {seconds:.3f}" for name, seconds in parts.items())
        print(f"  {slug}: push → live {pushed[-1]:.3f} s; floor {floors[-1]:.3f} s ({shown})", flush=True)
    return statistics.median(pushed), statistics.median(floors)


def _reuse(found: Installation, checkout: Checkout) -> float:
    checkout.commit("the same tree again")
    took = _push(found, checkout, SMALL)
    assert found.deployment_of(SMALL, checkout.head())["reused"]
    return took


def _push(found: Installation, checkout: Checkout, slug: str) -> float:
    """From the start of `git push` to production's first answer with that commit."""
    commit = checkout.head()
    began = time.monotonic()
    checkout.push("main")
    until(lambda: found.live_commit(slug) == commit, "production", pause=0.005)
    return time.monotonic() - began


def _switch_ms(found: Installation) -> float:
    before = found.live_commit(SWITCHED)
    began = time.monotonic()
    found.api.post(f"projects/{SWITCHED}/rollback")
    until(lambda: found.live_commit(SWITCHED) not in ("", before), "the switch", pause=0.002)
    return (time.monotonic() - began) * 1000


def _origin(found: Installation, slug: str) -> Path:
    """The project's repository on the platform's disk, told apart by its newest commit's name."""
    head = Checkout(found.data.parent / slug, "", "").head()
    bare = (found.data / "origin").glob("*.git")
    return next(path for path in bare if Checkout(path, "", "").head() == head)
