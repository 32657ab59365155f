"""Operations: leased, fenced, fair, cancelled, given back, lost. Against the real database, in real threads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import OperationalError, connection, connections

from core.errors import AwayError, CancelledError, PlatformError, TimeLimitError, UserError
from projects import operations
from projects.leases import Lease, LeaseLostError
from projects.models import Operation, OperationStatus, Team
from projects.models.operations import OPERATION_STATES
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)

KIND = "test"
_work: list[Callable[[Lease], None]] = []
_endings: list[tuple[int, str]] = []


def carry_out(lease: Lease) -> None:
    _work[-1](lease)


def _ended(operation: Operation, ending: operations.Ending) -> None:
    _endings.append((operation.subject_id, ending.status))


operations.register(
    operations.Kind(KIND, run=f"{__name__}.carry_out", ended=_ended, worker_slots=lambda: 3, team_slots=lambda: 2)
)


@pytest.fixture(autouse=True)
def _clean() -> Iterator[None]:
    _work.clear()
    _endings.clear()
    yield
    _work.clear()


@pytest.fixture
def team() -> Team:
    return factories.team()


def enqueue(team: Team, subject: int, key: str = "") -> Operation:
    return operations.enqueue(team, KIND, subject, key or f"test:{team.pk}:{subject}")


def status(operation: Operation) -> str:
    return str(Operation.objects.values_list("status", flat=True).get(pk=operation.pk))


def expire(operation: Operation) -> None:
    """As if its worker had died a while ago."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE projects_operation SET lease_expires_at = now() - interval '1 s' WHERE id = %s", [operation.pk]
        )


def make_due(operation: Operation) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE projects_operation SET due_at = now() WHERE id = %s", [operation.pk])


def test_the_same_key_is_the_same_operation(team: Team) -> None:
    assert enqueue(team, 1, "same").pk == enqueue(team, 2, "same").pk


def test_work_runs_what_is_due_in_order_and_ends_it(team: Team) -> None:
    seen: list[int] = []
    _work.append(lambda lease: seen.append(lease.subject_id))
    made = [enqueue(team, number) for number in (1, 2, 3)]
    assert operations.work(KIND) == 3
    assert seen == [1, 2, 3]
    assert {status(one) for one in made} == {OperationStatus.DONE}
    assert _endings == []


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (UserError("not_ready", "No.", ""), OperationStatus.FAILED),
        (CancelledError("cancelled", "Stopped.", ""), OperationStatus.CANCELLED),
        (TimeLimitError("step_timed_out", "Too long.", ""), OperationStatus.TIMED_OUT),
    ],
)
def test_errors_that_a_retry_cannot_mend_end_it_at_once(team: Team, error: Exception, expected: str) -> None:
    def fail(_lease: Lease) -> None:
        raise error

    _work.append(fail)
    operation = enqueue(team, 7)
    operations.work(KIND)
    assert status(operation) == expected
    assert _endings == [(7, expected)]


def test_platform_errors_are_tried_again_until_the_attempts_are_used_up(team: Team, settings: Any) -> None:
    settings.OPERATION_ATTEMPTS = 3

    def fail(_lease: Lease) -> None:
        raise PlatformError("object_store_failed", "Away.", "")

    _work.append(fail)
    operation = enqueue(team, 1)
    for _ in range(3):
        make_due(operation)
        operations.work(KIND)
    operation.refresh_from_db()
    assert (operation.status, operation.attempts) == (OperationStatus.FAILED, 3)
    assert operation.error["code"] == "object_store_failed"


@pytest.mark.parametrize("away", [AwayError("object_store_failed", "Away.", ""), OperationalError("gone")])
def test_an_engine_that_is_away_is_waited_for_and_costs_no_attempt(team: Team, settings: Any, away: Exception) -> None:
    settings.OPERATION_ATTEMPTS = 2
    outages = [away] * 5

    def fail(_lease: Lease) -> None:
        if outages:
            raise outages.pop()

    _work.append(fail)
    operation = enqueue(team, 1)
    for _ in range(6):
        make_due(operation)
        operations.work(KIND)
    operation.refresh_from_db()
    assert (operation.status, operation.attempts) == (OperationStatus.DONE, 1)


def test_an_engine_that_stays_away_ends_the_waiting(team: Team, settings: Any) -> None:
    settings.OPERATION_ATTEMPTS, settings.OUTAGE_SECONDS = 1, -1

    def fail(_lease: Lease) -> None:
        raise AwayError("object_store_failed", "Away.", "")

    _work.append(fail)
    operation = enqueue(team, 1)
    operations.work(KIND)
    assert status(operation) == OperationStatus.FAILED


def test_what_nobody_foresaw_is_not_shown_to_people(team: Team, settings: Any) -> None:
    settings.OPERATION_ATTEMPTS = 1

    def fail(_lease: Lease) -> None:
        raise RuntimeError("password=hunter2")

    _work.append(fail)
    operation = enqueue(team, 1)
    operations.work(KIND)
    operation.refresh_from_db()
    assert operation.error["code"] == "platform_failed"
    assert "hunter2" not in str(operation.error)


def test_a_lease_that_ran_out_lets_nothing_more_be_written(team: Team) -> None:
    operation = enqueue(team, 1)
    lease = operations.take(KIND)
    assert lease is not None
    expire(operation)
    operations.reap()
    assert status(operation) == OperationStatus.QUEUED
    with pytest.raises(LeaseLostError), lease.transaction():
        pytest.fail("the block must not run")
    with pytest.raises(LeaseLostError), lease.finishing():
        pytest.fail("the block must not run")
    later = operations.take(KIND)
    assert later is not None
    assert later.fence > lease.fence
    with later.finishing():
        pass
    assert status(operation) == OperationStatus.DONE


def test_an_operation_whose_workers_always_die_is_lost(team: Team, settings: Any) -> None:
    settings.OPERATION_ATTEMPTS = 2
    operation = enqueue(team, 5)
    for _ in range(2):
        assert operations.take(KIND)
        expire(operation)
        operations.reap()
    assert status(operation) == OperationStatus.LOST
    assert _endings == [(5, OperationStatus.LOST)]


def test_cancel_ends_what_is_queued_at_once(team: Team) -> None:
    operation = enqueue(team, 1)
    operations.cancel(KIND, 1)
    assert status(operation) == OperationStatus.CANCELLED
    assert operations.take(KIND) is None


def test_cancel_reaches_what_is_running_within_two_seconds(team: Team) -> None:
    def wait(lease: Lease) -> None:
        operations.cancel(KIND, lease.subject_id)
        assert lease.stopped.wait(2)
        lease.check()

    _work.append(wait)
    operation = enqueue(team, 1)
    operations.work(KIND)
    assert status(operation) == OperationStatus.CANCELLED


def test_a_worker_hears_that_its_lease_is_another_s(team: Team) -> None:
    heard: list[bool] = []

    def wait(lease: Lease) -> None:
        Operation.objects.filter(pk=lease.operation.pk).update(fence=lease.fence + 1)
        heard.append(lease.stopped.wait(3) and not lease.cancelled)
        with pytest.raises(LeaseLostError):
            lease.check()

    _work.append(wait)
    enqueue(team, 1)
    operations.work(KIND)
    assert heard == [True]


def test_a_team_with_a_hundred_does_not_starve_one_with_one(team: Team) -> None:
    for number in range(100):
        enqueue(team, number)
    other = factories.team()
    last = enqueue(other, 1)
    taken = [lease.operation for lease in iter(lambda: operations.take(KIND), None)]
    assert len(taken) == 3  # the worker's slots
    assert last.pk in {one.pk for one in taken}
    assert sum(one.team_id == team.pk for one in taken) == 2  # the team's slots


def test_two_workers_never_take_the_same_nor_more_than_the_slots(team: Team) -> None:
    for number in range(10):
        enqueue(team, number)
    start, taken = Barrier(8), []

    def race() -> None:
        start.wait()
        lease = operations.take(KIND)
        taken.extend([lease.operation.pk] if lease else [])
        connections.close_all()

    threads = [Thread(target=race) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == len(set(taken)) == 2


def test_the_handle_is_kept_for_whoever_comes_after(team: Team) -> None:
    enqueue(team, 1)
    lease = operations.take(KIND)
    assert lease is not None
    lease.remember(vendor_id="v-1")
    expire(lease.operation)
    operations.reap()
    later = operations.take(KIND)
    assert later is not None
    assert later.operation.handle == {"vendor_id": "v-1"}


def test_every_end_is_terminal_and_every_state_is_declared() -> None:
    assert OPERATION_STATES.states() == set(OperationStatus.values)
    ends = {state for state in OPERATION_STATES.states() if OPERATION_STATES.is_terminal(state)}
    assert ends == {"done", "failed", "cancelled", "timed_out", "lost"}
