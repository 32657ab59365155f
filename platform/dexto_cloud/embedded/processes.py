"""Our own processes: three kinds of web process, a worker with the clock, and the node."""

from __future__ import annotations

import sys
from pathlib import Path

from builds.node_program import node_program
from dexto_cloud.embedded.child import Child, accepts, program
from dexto_cloud.embedded.data_directory import ROOT


def migrate_argv() -> tuple[str, ...]:
    return (sys.executable, str(ROOT / "manage.py"), "migrate", "--skip-checks", "--verbosity", "0")


def intake(run: Path) -> Child:
    """Webhooks: nothing but one view, so that a flood of them slows no page."""
    return _wsgi("intake", run / "intake.sock")


def pages(run: Path) -> Child:
    return _wsgi("pages", run / "pages.sock")


def streams(run: Path) -> Child:
    """Everything long-lived: live logs, git, and requests for agents that are asleep."""
    socket = run / "streams.sock"
    return Child(
        name="streams",
        argv=(
            *(program("uvicorn"), "dexto_cloud.asgi:application", "--uds", str(socket)),
            *("--log-level", "warning", "--no-access-log", "--timeout-graceful-shutdown", "3", "--lifespan", "off"),
            *("--ws", "none"),
        ),
        ready=lambda: accepts(str(socket)),
        environment={"DEXTO_PROCESS": "streams"},
        folder=ROOT,
        socket=socket,
    )


def worker() -> Child:
    """Threads: the work waits for git, esbuild and the network. The clock ticks in here, once."""
    return Child(
        name="worker",
        argv=(
            *(program("celery"), "--app", "dexto_cloud.celery:app", "worker", "--pool", "threads"),
            *("--concurrency", "8", "--loglevel", "warning"),
            *("--without-gossip", "--without-mingle", "--without-heartbeat"),
        ),
        ready=lambda: True,  # work waits for it in rows
        environment={"DEXTO_PROCESS": "worker", "DEXTO_CLOCK_IN_WORKER": "1"},
        stop_seconds=15,
        folder=ROOT,
    )


def node() -> Child:
    return Child(
        name="node",
        argv=(program("dexto-cloud"), "node", "--stop-agents-on-exit"),
        ready=lambda: True,
        environment={"DEXTO_PROCESS": "node"},
        stop_seconds=30,
        folder=ROOT,
    )


def model_server(port: int) -> Child:
    """A model for agents that have no key: deterministic, and no more clever than an echo."""
    return Child(
        name="model",
        argv=(str(node_program()), str(ROOT / "runtime/model-server/server.mjs")),
        ready=lambda: accepts(("127.0.0.1", port)),
        environment={"PORT": str(port)},
    )


def _wsgi(name: str, socket: Path) -> Child:
    return Child(
        name=name,
        argv=(
            *(program("granian"), "--interface", "wsgi", "--uds", str(socket), "--uds-permissions", "666"),
            *("--workers", "1", "--blocking-threads", "4", "--no-ws", "--no-log", "--respawn-failed-workers"),
            "dexto_cloud.wsgi:application",
        ),
        ready=lambda: accepts(str(socket)),
        environment={"DEXTO_PROCESS": name},
        stop_seconds=4,  # asked while it starts its worker, granian does not hear it
        folder=ROOT,
        socket=socket,
    )
