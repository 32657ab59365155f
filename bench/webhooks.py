"""10,000 signed deliveries from 500 repositories, a fifth of them told twice: taken in, and each decided exactly once.

    python -m bench.webhooks

They come at a fixed rate through the installation's edge while its workers decide. A tenth of the repositories is
linked: a push there becomes a deployment that is skipped for its words; of the others it is found out that nobody
linked them. Exits 1 if a number is missed; the last line is JSON.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from uuid import uuid4

import psycopg

from bench.installation import Installation, installation, until
from bench.measured import Measured, percentile, table
from bench.posts import Outcome, Post, each_at_rate
from webhooks.signatures import HEADER, sign

_DELIVERIES, _REPOSITORIES, _LINKED, _TWICE = 10_000, 500, 50, 0.2
_RATE: Final = 330
_HOST: Final = "origin"  # where the linked repositories live
_DECIDED: Final = """
    CREATE TABLE bench_decided (delivery bigint NOT NULL);
    CREATE FUNCTION bench_note() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN INSERT INTO bench_decided VALUES (NEW.id); RETURN NULL; END $$;
    CREATE TRIGGER bench_note AFTER UPDATE ON webhooks_delivery FOR EACH ROW
        WHEN (OLD.status = 'received' AND NEW.status <> 'received') EXECUTE FUNCTION bench_note();
"""
_COUNTED: Final = """
    SELECT (SELECT count(*) FROM webhooks_delivery WHERE guid LIKE 'bench-%'),
           (SELECT count(*) FROM webhooks_delivery WHERE guid LIKE 'bench-%'
            AND status IN ('processed', 'ignored') AND decision <> ''),
           (SELECT count(*) - count(DISTINCT delivery) FROM bench_decided),
           (SELECT count(*) FROM deployments_push WHERE delivery LIKE 'bench-%')
"""


@dataclass(frozen=True, slots=True)
class _Delivery:
    guid: str
    repository: int
    body: bytes


def main() -> int:
    with installation() as found:
        results = _measured(found)
    print(table(results))
    print(json.dumps({one.key: round(one.value, 3) for one in results}))
    return 0 if all(one.holds for one in results) else 1


def _measured(found: Installation) -> list[Measured]:
    print("500 repositories, 50 of them linked …", flush=True)
    linked = _link(found)
    with psycopg.connect(found.environment["DATABASE_URL"], autocommit=True) as database:
        database.execute(_DECIDED)
        unique = list(_deliveries(linked))
        posts = [_post(found, one) for one in _told(unique)]
        each_at_rate([_post(found, _ping()) for _ in range(100)], per_second=50)  # connections and code are warm
        print(f"{len(posts)} deliveries, {_RATE} a second …", flush=True)
        outcome = each_at_rate(posts, per_second=_RATE)
        waited = _until_decided(database)
        return _results(database, unique, linked, outcome, waited)


def _link(found: Installation) -> list[int]:
    """Projects with repositories of their own, by the numbers of those."""
    for number in range(_LINKED):
        found.api.post("projects", {"slug": f"agent-{number}"})
    with psycopg.connect(found.environment["DATABASE_URL"]) as database:
        rows = database.execute(
            "SELECT r.external_id FROM projects_repository r JOIN projects_project p ON p.repository_id = r.id"
            " WHERE p.slug LIKE 'agent-%' ORDER BY 1"
        ).fetchall()
    return [row[0] for row in rows]


def _deliveries(linked: list[int]) -> Iterator[_Delivery]:
    """Pushes of 7 KB, as GitHub's are, each repository's in the order of its commits."""
    repositories = [*linked, *range(10**9, 10**9 + _REPOSITORIES - len(linked))]
    heads = dict.fromkeys(repositories, "0" * 40)
    for number in range(round(_DELIVERIES * (1 - _TWICE))):
        repository = repositories[number % _REPOSITORIES]
        before, heads[repository] = heads[repository], f"{number + 1:040x}"
        yield _Delivery(f"bench-{uuid4()}", repository, _push(repository, before, heads[repository]))


def _push(repository: int, before: str, after: str) -> bytes:
    commit = {
        "id": after,
        "message": f"Kinder words [skip ci]\n\n{'x' * 6_000}",
        "author": {"name": "Ada", "email": "ada@example.com", "username": "ada"},
    }
    payload = {
        "ref": "refs/heads/main",
        "before": before,
        "after": after,
        "deleted": False,
        "head_commit": commit,
        "commits": [{"id": after, "message": "Kinder words"}],
        "repository": {"id": repository, "name": "agent", "full_name": "acme/agent", "default_branch": "main"},
    }
    return json.dumps(payload).encode()


def _told(unique: list[_Delivery]) -> list[_Delivery]:
    """With the second tellings: each some time after its first, as likely at once as much later."""
    chance = random.Random(5)  # noqa: S311  # the same order in every run
    twice = chance.sample(range(len(unique)), _DELIVERIES - len(unique))
    places = [(float(number), one) for number, one in enumerate(unique)]
    places += [(number + 0.5 + chance.expovariate(1 / 300), unique[number]) for number in twice]
    return [one for _place, one in sorted(places, key=lambda placed: placed[0])]


def _ping() -> _Delivery:
    return _Delivery(f"warm-{uuid4()}", 0, b"{}")


def _post(found: Installation, one: _Delivery) -> Post:
    headers = {
        "Content-Type": "application/json",
        "X-GitHub-Event": "push" if one.repository else "ping",
        "X-GitHub-Delivery": one.guid,
        "X-GitHub-Enterprise-Host": _HOST,
        HEADER: sign(found.environment["DEXTO_WEBHOOK_SECRET"], one.body),
    }
    return Post(("127.0.0.1", found.port), "/webhooks/github", one.body, lambda: headers)


def _until_decided(database: psycopg.Connection[tuple[int, ...]]) -> float:
    """Seconds from the last answer to the last decision."""
    began = time.perf_counter()

    def none_left() -> bool:
        row = database.execute("SELECT count(*) FROM webhooks_delivery WHERE status = 'received'").fetchone()
        return row is not None and row[0] == 0

    until(none_left, "the last delivery's decision", seconds=300, pause=0.1)
    return time.perf_counter() - began


def _results(
    database: psycopg.Connection[tuple[int, ...]],
    unique: list[_Delivery],
    linked: list[int],
    outcome: Outcome,
    waited: float,
) -> list[Measured]:
    row = database.execute(_COUNTED).fetchone()
    assert row is not None
    kept, decided, again, pushes = row
    of_linked = sum(one.repository in set(linked) for one in unique)
    late = percentile(outcome.latencies, 0.99) * 1e3
    return [
        Measured("taken_per_s", "taken in per second", _DELIVERIES / outcome.seconds, "/s", 300, at_least=True),
        Measured("p50_ms", "answered: median", percentile(outcome.latencies, 0.5) * 1e3, "ms"),
        Measured("p99_ms", "  p99", late, "ms", 50),
        Measured("failed", f"not answered by 202, of {_DELIVERIES}", outcome.failed, "", 0),
        Measured("lost", f"not in the ledger, of {len(unique)} different ones", len(unique) - kept, "", 0),
        Measured("undecided", "without a decision", kept - decided, "", 0),
        Measured("twice", "decided more than once", again, "", 0),
        Measured(
            "pushes_off", f"pushes of linked repositories more or less than {of_linked}", abs(pushes - of_linked), "", 0
        ),
        Measured("decided_after_s", "from the last answer to the last decision", waited, "s"),
    ]


if __name__ == "__main__":
    sys.exit(main())
