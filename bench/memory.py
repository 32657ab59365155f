"""What an installation takes when nothing happens: one project, live, with one preview."""

from __future__ import annotations

from threading import Event

from bench import projects
from bench.installation import Installation, installation, until
from bench.measured import Measured

_QUIET_SECONDS = 30


def idle_memory() -> list[Measured]:
    with installation() as found:
        _as_after_a_demo(found)
        Event().wait(_QUIET_SECONDS)
        sizes = found.pss_megabytes()
    for name, size in sorted(sizes.items(), key=lambda item: -item[1]):
        print(f"  {size:7.1f} MB  {name}")
    return [
        Measured("idle_pss_mb", "everything idle: PSS", sum(sizes.values()), "MB", 700),
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
