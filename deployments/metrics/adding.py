"""Counts of agents into their rows: added, so that several nodes may count for one deployment in one minute."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Final

from django.db import connection, transaction

from deployments.metrics.latency import BUCKETS
from deployments.models import AgentCounts, AgentHour, AgentMinute

#: What a minute of one deployment may come to, whatever its agent claims.
MOST_TOKENS: Final = 10**12


@dataclass(frozen=True, slots=True)
class Minute:
    """One of a deployment; `number` is the minute since 1970."""

    deployment: int
    number: int


@dataclass(slots=True)
class Count:
    """`latency` has a number for each bucket; requests that last as long as somebody listens are in none."""

    requests: int = 0
    client_errors: int = 0
    server_errors: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    latency: list[int] = field(default_factory=lambda: [0] * BUCKETS)

    def add(self, other: Count) -> None:
        self.requests += other.requests
        self.client_errors += other.client_errors
        self.server_errors += other.server_errors
        self.input_tokens += other.input_tokens
        self.output_tokens += other.output_tokens
        self.latency = [one + another for one, another in zip(self.latency, other.latency, strict=True)]


# In one order, so that two nodes that add to the same rows wait for each other and never in a ring.
_ADD: Final = f"""
    INSERT INTO {{table}} AS kept (
        team_id, project_id, deployment_id, at,
        requests, client_errors, server_errors, latency, input_tokens, output_tokens
    )
    SELECT deployment.team_id, deployment.project_id, deployment.id, to_timestamp(counted.at),
        counted.requests, counted.client_errors, counted.server_errors, counted.latency,
        least(counted.input_tokens, {MOST_TOKENS}), least(counted.output_tokens, {MOST_TOKENS})
    FROM jsonb_to_recordset(%s::jsonb) AS counted (
        deployment bigint, at bigint, requests int, client_errors int, server_errors int,
        latency int[], input_tokens numeric, output_tokens numeric
    )
    JOIN deployments_deployment AS deployment ON deployment.id = counted.deployment
    ORDER BY deployment.id, counted.at
    ON CONFLICT (project_id, at, deployment_id) DO UPDATE SET
        requests = kept.requests + excluded.requests,
        client_errors = kept.client_errors + excluded.client_errors,
        server_errors = kept.server_errors + excluded.server_errors,
        latency = ARRAY(
            SELECT one + another
            FROM unnest(kept.latency, excluded.latency) WITH ORDINALITY AS pair (one, another, place) ORDER BY place
        ),
        input_tokens = least(kept.input_tokens + excluded.input_tokens, {MOST_TOKENS}),
        output_tokens = least(kept.output_tokens + excluded.output_tokens, {MOST_TOKENS})
"""  # noqa: S608  # nothing in it comes from outside


_TABLES: Final[Mapping[type[AgentCounts], int]] = {AgentMinute: 60, AgentHour: 3_600}


def add(counts: Mapping[Minute, Count]) -> None:
    """All or nothing. Of a deployment that is gone meanwhile nothing is kept. Raises the database's errors."""
    with transaction.atomic(), connection.cursor() as cursor:
        for model, seconds in _TABLES.items():
            cursor.execute(_ADD.format(table=model._meta.db_table), [json.dumps(_rows(counts, seconds))])


def _rows(counts: Mapping[Minute, Count], seconds: int) -> list[dict[str, object]]:
    """One for each deployment and step of so many seconds."""
    steps: dict[tuple[int, int], Count] = defaultdict(Count)
    for minute, count in counts.items():
        steps[minute.deployment, minute.number * 60 // seconds * seconds].add(count)
    return [{"deployment": deployment, "at": at, **asdict(count)} for (deployment, at), count in steps.items()]
