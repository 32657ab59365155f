"""What an installation takes when nothing happens: one project, live, with one preview.

Idle is when its agents sleep, which they do after their idle limit; what they take awake is shown beside it.
"""

from __future__ import annotations

from threading import Event

from bench import projects
from bench.installation import Installation, installation, until
from bench.measured import Measured

_IDLE_SECONDS = 20


def idle_memory() -> list[Measured]:
    with installation(settings={"DEXTO_IDLE_SECONDS": str(_IDLE_SECONDS)}) as found:
        _as_after_a_demo(found)
        awake = found.pss_megabytes()
        until(lambda: not found.named("index.mjs"), "agents asleep", seconds=_IDLE_SECONDS * 4)
        Event().wait(_IDLE_SECONDS)
        sizes = found.pss_megabytes()
    for name, size in sorted(sizes.items(), key=lambda item: -item[1]):
        print(f"  {size:7.1f} MB  {name}")
    return [
        Measured("idle_pss_mb", "everything idle: PSS", sum(sizes.values()), "MB", 700),
        Measured("awake_pss_mb", "  with two agents awake", sum(awake.values()), "MB"),
        Measured("idle_processes", "  processes", len(sizes), ""),
    ]


def _as_after_a_demo(found: Installation) -> None:
    folder = found.data.parent / "hello"
    projects.write_small(folder)
    checkout = found.project("hello", folder)
    checkout.commit("first")
    checkout.push("main")
    until(lambda: found.live_commit("hello") == checkout.head(), "production")
    checkout.switch("friendlier")
    projects.write_small(folder, "2")
    checkout.commit("a preview")
    checkout.push("friendlier")
    assert found.deployment_of("hello", checkout.head(), "friendlier")["status"] == "ready"
