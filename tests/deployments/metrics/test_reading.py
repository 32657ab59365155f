"""The numbers of a project: added up by step, of its own deployments, in the same few queries however much there is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from deployments import actions
from deployments.metrics.adding import Count, Minute, add
from deployments.metrics.latency import BUCKETS
from deployments.metrics.reading import Range, Tally, metrics_of
from deployments.models import AgentHour, AgentMinute, Deployment, RouteChange
from projects.models import Project
from tests import factories

pytestmark = pytest.mark.django_db
_NOW = datetime(2026, 3, 8, 12, 30, 30, tzinfo=UTC)
_MINUTE = int(_NOW.timestamp() // 60)


@pytest.fixture
def project() -> Project:
    return factories.project()


@pytest.fixture
def live(project: Project) -> Deployment:
    return factories.ready(project)


def happened(deployment: Deployment, minutes_ago: int, **counted: Any) -> None:
    add({Minute(deployment.pk, _MINUTE - minutes_ago): Count(**counted)})


def read(project: Project, asked: Range = Range.HOUR, deployment: Deployment | None = None) -> Any:
    return metrics_of(project, asked, deployment, now=_NOW)


def at_bucket(bucket: int, number: int) -> list[int]:
    return [number if index == bucket else 0 for index in range(BUCKETS)]


@pytest.mark.parametrize(
    ("asked", "step", "points"),
    [
        (Range.HOUR, timedelta(minutes=1), 60),
        (Range.DAY, timedelta(minutes=15), 96),
        (Range.WEEK, timedelta(hours=2), 84),
    ],
)
def test_a_range_is_cut_into_steps_and_ends_with_the_one_that_goes_on(
    project: Project, asked: Range, step: timedelta, points: int
) -> None:
    found = read(project, asked)
    assert (found.step, len(found.points)) == (step, points)
    assert found.until - step <= _NOW < found.until
    assert found.total == Tally()
    assert (found.total.error_rate, found.total.seconds(0.5)) == (None, None)


def test_what_happened_is_in_the_step_in_which_it_did(project: Project, live: Deployment) -> None:
    happened(live, 0, requests=1)
    happened(live, 20, requests=4, client_errors=1, server_errors=2, input_tokens=10, latency=at_bucket(6, 4))
    happened(live, 59, requests=8)
    happened(live, 60, requests=16)
    found = read(project)
    assert [point.tally.requests for point in found.points if point.tally.requests] == [8, 4, 1]
    (failed,) = [point for point in found.points if point.tally.server_errors]
    assert failed.at == _NOW.replace(minute=10, second=0)
    assert (failed.tally.others, failed.tally.error_rate) == (1, 0.5)
    assert (found.total.requests, found.total.input_tokens) == (13, 10)
    day = read(project, Range.DAY)
    assert [point.tally.requests for point in day.points if point.tally.requests] == [24, 4, 1]


def test_latencies_of_a_step_are_of_all_its_minutes(project: Project, live: Deployment) -> None:
    happened(live, 1, requests=3, latency=at_bucket(3, 3))
    happened(live, 2, requests=1, latency=at_bucket(9, 1))
    total = read(project).total
    assert 0.02 < total.seconds(0.5) <= 0.05
    assert 2 < total.seconds(0.99) <= 5


def test_a_week_is_the_sum_of_its_minutes(project: Project, live: Deployment) -> None:
    """Though it is read by the hour."""
    for ago in range(0, 150, 7):
        happened(live, ago, requests=ago + 1, server_errors=1)
    found = read(project, Range.WEEK)
    assert found.total.requests == sum(row.requests for row in AgentMinute.objects.all())
    assert found.total.server_errors == len(range(0, 150, 7))
    assert AgentHour.objects.count() <= 4


def test_one_deployment_s_numbers_are_its_own(project: Project, live: Deployment) -> None:
    preview, other = factories.ready(project, "idea"), factories.ready(factories.project())
    happened(live, 1, requests=1)
    happened(preview, 1, requests=2, server_errors=2)
    happened(other, 1, requests=4, server_errors=4)
    assert read(project).total.requests == 3
    found = read(project, deployment=live)
    assert (found.total.requests, found.failing) == (1, ())
    assert [(one.deployment, one.requests) for one in found.served] == [(preview.public_id, 2), (live.public_id, 1)]


def test_the_worst_steps_are_named_with_who_failed(project: Project, live: Deployment) -> None:
    for ago in range(10):
        happened(live, ago, requests=ago + 1, server_errors=ago)
    found = read(project).failing
    assert [one.server_errors for one in found] == [5, 6, 7, 8, 9], "the newest first"
    assert {one.deployment for one in found} == {live.public_id}


def test_when_production_changed_is_told(project: Project, live: Deployment) -> None:
    second = factories.ready(project)
    factories.ready(project, "idea")
    RouteChange.objects.update(at=_NOW - timedelta(minutes=5))
    actions.roll_back(project, live, actor=None)
    told = [(one.deployment, one.cause) for one in read(project).switches]
    assert sorted(told[:2]) == sorted([(live.public_id, "push"), (second.public_id, "push")])
    assert told[2] == (live.public_id, "rollback")


def test_it_takes_the_same_queries_however_much_there_is(project: Project, live: Deployment) -> None:
    with CaptureQueriesContext(
        connection,
    ) as few:
        read(project)
    for deployment in [live, *(factories.ready(project, f"branch-{number}") for number in range(5))]:
        add({Minute(deployment.pk, _MINUTE - ago): Count(requests=2, server_errors=1) for ago in range(200)})
    with CaptureQueriesContext(connection) as many:
        read(project, Range.WEEK)
    assert len(few) == len(many) <= 5
