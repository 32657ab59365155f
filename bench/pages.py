"""Times each page and listing over a large set of rows. Started by `bench.dashboard`, beside the engines."""

from __future__ import annotations

import json
import sys
import time

import dexto_cloud.wsgi  # noqa: F401  # Django, as the pages are served
from django.core.management import call_command
from django.test import Client

from bench.measured import Measured, percentile, table
from bench.seeding import Seeded, seed

PROJECTS, DEPLOYMENTS_EACH = 1_000, 100
ASKED_MS = 100.0
_ROUNDS = 40


def main(projects: int = PROJECTS, each: int = DEPLOYMENTS_EACH) -> int:
    call_command("migrate", verbosity=0)
    began = time.perf_counter()
    seeded = seed(projects, each)
    print(f"{projects:,} projects, {projects * each:,} deployments in {time.perf_counter() - began:.0f} s")
    results = [_measured(path, seeded) for path in pages_of(seeded)]
    print(table(results))
    print(json.dumps({one.key: round(one.value, 1) for one in results}))
    return 0 if all(one.holds for one in results) else 1


def pages_of(seeded: Seeded) -> list[str]:
    team, project = f"/{seeded.team}", f"/{seeded.team}/{seeded.project}"
    return [
        *(team, f"{team}?q=agent-5", f"{team}?after=agent-900", "/find?q=agent-77", f"/find?q={seeded.commit}"),
        *(project, f"{project}?status=failed", f"{project}?branch=feature-7&environment=preview"),
        *(f"{project}/deployments/{seeded.deployment}", f"{project}/deployments/{seeded.deployment}?part=status"),
        *(
            f"{project}/{page}"
            for page in ("pushes", "variables", "settings", "trusted", "metrics", "metrics?range=7d")
        ),
        *(f"{team}/-/{page}" for page in ("people", "deliveries", "tokens", "audit", "code-host")),
        *("/api/v1/projects", f"/api/v1/projects/{seeded.project}/deployments"),
        f"/api/v1/projects/{seeded.project}/metrics?range=7d",
        *(f"/api/v1/projects/{seeded.project}", f"/api/v1/deployments/{seeded.deployment}"),
    ]


def _measured(path: str, seeded: Seeded) -> Measured:
    token = {"Authorization": f"Bearer {seeded.token}"} if path.startswith("/api/") else {}
    client = Client(headers={"Host": "localhost", **token})
    client.force_login(seeded.user)
    _ask(client, path)  # what is loaded once is not the page's
    times = [_ask(client, path) for _round in range(_ROUNDS)]
    shown = path.replace(seeded.deployment, "…").replace(seeded.commit, "…")
    return Measured(shown, f"{shown}  p95", percentile(times, 0.95), "ms", ASKED_MS)


def _ask(client: Client, path: str) -> float:
    """Milliseconds."""
    began = time.perf_counter()
    answer = client.get(path)
    assert answer.status_code == 200, f"{path} answered {answer.status_code}"
    return (time.perf_counter() - began) * 1_000


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
