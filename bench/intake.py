"""Webhooks while the workers run: how soon they are answered, and how many, beside a bare view."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
from dexto_cloud.embedded.child import accepts, program

from bench.bare_table import TABLE
from bench.installation import Installation, until
from bench.measured import Measured, percentile
from bench.posts import Outcome, Post, at_rate, per_second
from webhooks.signatures import HEADER, sign

ROOT = Path(__file__).resolve().parents[1]
_RATE, _SECONDS, _ROUNDS, _CONNECTIONS = 200, 15.0, 3, 16


def webhooks(found: Installation) -> list[Measured]:
    edge = _delivery(found, ("127.0.0.1", found.port))
    at_rate(edge, per_second=50, seconds=2)  # connections and code are warm
    outcome = at_rate(edge, per_second=_RATE, seconds=_SECONDS)
    ours, bare = _throughputs(found)
    _until_processed(found)
    return [
        Measured(
            "webhook_p50_ms", f"webhook answered, {_RATE}/s: median", percentile(outcome.latencies, 0.5) * 1e3, "ms"
        ),
        Measured("webhook_p99_ms", "  p99", _ms(outcome, 0.99), "ms", 50),
        Measured("webhook_failed", f"  not answered by 202, of {len(outcome.latencies)}", outcome.failed, "", 0),
        Measured("webhook_per_s", "webhooks answered per second", ours, "/s"),
        Measured("bare_per_s", "a bare view's inserts per second", bare, "/s"),
        Measured("webhook_share", "  webhooks' share of it", ours / bare * 100, "%", 50, at_least=True),
    ]


def _ms(outcome: Outcome, share: float) -> float:
    return percentile(outcome.latencies, share) * 1000


def _throughputs(found: Installation) -> tuple[float, float]:
    """Both at their own server's socket, in turns, so that a busy machine slows both. Medians."""
    run = Path(found.environment["DEXTO_RUN_DIR"])
    ours = _delivery(found, run / "intake.sock")
    with _bare_site(found) as socket:
        bare = Post(socket, "/", ours.body)
        per_second(bare, connections=_CONNECTIONS, seconds=1)
        pairs = [
            (
                per_second(ours, connections=_CONNECTIONS, seconds=3),
                per_second(bare, connections=_CONNECTIONS, seconds=3),
            )
            for _ in range(_ROUNDS)
        ]
    return statistics.median(pair[0] for pair in pairs), statistics.median(pair[1] for pair in pairs)


def _delivery(found: Installation, address: Path | tuple[str, int]) -> Post:
    """A push of 7 KB to a repository that nobody linked: a worker parses it, looks for it, and decides."""
    repository = {"id": 1, "name": "agent", "full_name": "acme/agent", "default_branch": "main", "private": False}
    commit = {"id": "1" * 40, "message": "x" * 6_300, "author": {"name": "Ada", "email": "ada@example.com"}}
    payload = {"ref": "refs/heads/main", "before": "0" * 40, "after": "1" * 40, "deleted": False}
    body = json.dumps({**payload, "head_commit": commit, "commits": [], "repository": repository}).encode()
    fixed = {
        "Content-Type": "application/json",
        "X-GitHub-Event": "push",
        HEADER: sign(found.environment["DEXTO_WEBHOOK_SECRET"], body),
    }
    return Post(address, "/webhooks/github", body, lambda: {**fixed, "X-GitHub-Delivery": str(uuid4())})


@contextmanager
def _bare_site(found: Installation) -> Iterator[Path]:
    """The same server as the intake's, with the same options."""
    socket = Path(found.environment["DEXTO_RUN_DIR"]) / "bare.sock"
    with psycopg.connect(found.environment["DATABASE_URL"], autocommit=True) as database:
        database.execute(f"CREATE TABLE {TABLE} (id bigserial PRIMARY KEY, body bytea)")
    argv = [
        *(program("granian"), "--interface", "wsgi", "--uds", str(socket), "--workers", "1"),
        *("--blocking-threads", "4", "--no-ws", "--no-log", "bench.bare_site:application"),
    ]
    process = subprocess.Popen(argv, cwd=ROOT, env={**os.environ, **found.environment, "PYTHONPATH": str(ROOT)})
    try:
        until(lambda: accepts(str(socket)), "the bare view")
        yield socket
    finally:
        process.terminate()
        process.wait()


def _until_processed(found: Installation) -> None:
    """The next measurement starts with nothing left to do."""
    with psycopg.connect(found.environment["DATABASE_URL"], autocommit=True) as database:

        def none_left() -> bool:
            row = database.execute("SELECT count(*) FROM webhooks_delivery WHERE status = 'received'").fetchone()
            return row is not None and row[0] == 0

        until(none_left, "the last delivery's decision", seconds=120, pause=0.2)
