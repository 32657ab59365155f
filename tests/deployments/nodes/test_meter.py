"""What a node counts, and how it comes into the rows: added, never lost to a database that is away for a while."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import pairwise

import pytest
from django.db import connection, connections

from deployments.metrics.adding import MOST_TOKENS, Count, Minute, add
from deployments.metrics.latency import BUCKETS, bucket_of
from deployments.models import AgentMinute, Deployment
from deployments.nodes.access_log import Request
from deployments.nodes.meter import MAX_WAITING, Meter
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)
_AT = 29_000_000  # a minute, since 1970


@pytest.fixture
def deployment() -> Deployment:
    return factories.ready(factories.project())


def asked(status: int = 200, seconds: float | None = 0.3, minute: int = _AT) -> Request:
    return Request("agent.localhost", status, minute * 60 + 1.5, seconds)


def counted(meter: Meter, deployment: Deployment, *requests: Request) -> None:
    meter.requests(requests, {"agent.localhost": deployment.pk})


def line(tokens: int) -> bytes:
    return b'{"usage": {"inputTokens": %d, "outputTokens": 1}}' % tokens


@contextmanager
def no_table() -> Iterator[None]:
    """As for the meter a database that is away: each statement is an error."""
    _rename("deployments_agentminute", "elsewhere")
    try:
        yield
    finally:
        _rename("elsewhere", "deployments_agentminute")


def _rename(before: str, after: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {before} RENAME TO {after}")


def test_requests_are_counted_by_minute_status_and_time(deployment: Deployment) -> None:
    meter = Meter()
    counted(meter, deployment, asked(), asked(404), asked(503, 7.0), asked(101, None), asked(minute=_AT + 1))
    meter.save()
    first, second = AgentMinute.objects.order_by("at")
    assert (first.team_id, first.project_id) == (deployment.team_id, deployment.project_id)
    assert first.at.timestamp() == _AT * 60
    assert (first.requests, first.client_errors, first.server_errors) == (4, 1, 1)
    expected = [0] * BUCKETS
    expected[bucket_of(0.3)], expected[bucket_of(7.0)] = 2, 1
    assert first.latency == expected
    assert second.requests == 1


def test_what_meant_no_agent_is_nobody_s(deployment: Deployment) -> None:
    meter = Meter()
    meter.requests([Request("other.localhost", 404, 1.0, 0.1)], {"agent.localhost": deployment.pk})
    meter.save()
    assert not AgentMinute.objects.exists()


def test_tokens_that_it_says_are_added(deployment: Deployment) -> None:
    meter, now = Meter(), int(time.time() // 60)
    for said in (line(20), line(22), b"hello", line(-1)):
        meter.printed(deployment.pk, said)
    meter.save()
    rows = AgentMinute.objects.all()
    assert sum(row.input_tokens for row in rows) == 42
    assert sum(row.output_tokens for row in rows) == 2
    assert all(abs(row.at.timestamp() // 60 - now) <= 1 for row in rows)


def test_a_claim_without_end_is_bounded(deployment: Deployment) -> None:
    for _time in range(2):
        add({Minute(deployment.pk, _AT): Count(input_tokens=10**18 * 9, output_tokens=1)})
    assert AgentMinute.objects.get().input_tokens == MOST_TOKENS


def test_several_nodes_add_to_the_same_minutes(deployment: Deployment) -> None:
    """In opposite orders, all at once."""
    other = factories.ready(factories.project())
    meters = [Meter() for _node in range(8)]
    for number, meter in enumerate(meters):
        both = [deployment, other]
        for one in both if number % 2 else reversed(both):
            counted(meter, one, *[asked(), asked(500, 1.5)] * 10, asked(minute=_AT + 1))

    def save(meter: Meter) -> None:
        meter.save()
        connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(save, meters))
    for one in (deployment, other):
        first, second = AgentMinute.objects.filter(deployment=one).order_by("at")
        assert (first.requests, first.server_errors, sum(first.latency)) == (160, 80, 160)
        assert (first.latency[bucket_of(0.3)], first.latency[bucket_of(1.5)]) == (80, 80)
        assert second.requests == 8


def test_while_the_database_is_away_counts_wait_and_are_added_once(deployment: Deployment) -> None:
    meter = Meter()
    counted(meter, deployment, asked())
    with no_table():
        meter.save()
        counted(meter, deployment, asked(), asked(500))
        meter.save()
    for _time in range(2):
        meter.save()
    row = AgentMinute.objects.get()
    assert (row.requests, row.server_errors) == (3, 1)


def test_they_do_not_wait_without_end(deployment: Deployment) -> None:
    meter = Meter()
    counted(meter, deployment, *(asked(minute=_AT + number) for number in range(MAX_WAITING + 10)))
    counted(meter, deployment, asked())
    assert len(meter._counts) == MAX_WAITING
    meter.save()
    assert sum(row.requests for row in AgentMinute.objects.all()) == MAX_WAITING + 1


def test_of_a_deployment_that_is_gone_nothing_is_kept_and_of_the_others_all(deployment: Deployment) -> None:
    add({Minute(deployment.pk, _AT): Count(requests=1), Minute(0, _AT): Count(requests=1)})
    assert [row.deployment_id for row in AgentMinute.objects.all()] == [deployment.pk]


def test_minutes_of_one_agent_are_rows_of_their_own(deployment: Deployment) -> None:
    meter = Meter()
    counted(meter, deployment, *(asked(minute=_AT + number) for number in range(3)))
    meter.save()
    times = [row.at.timestamp() for row in AgentMinute.objects.order_by("at")]
    assert [later - earlier for earlier, later in pairwise(times)] == [60, 60]
