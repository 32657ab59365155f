"""A worker that is stopped takes nothing more, and gives back in time what it cannot finish."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Event, Thread

import pytest
from django.db import connections

from projects import operations
from projects.leases import Lease, PostponedError
from projects.models import Operation, OperationStatus
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)

KIND = "test-endless"
POSTPONED = 3
_started = Event()


def carry_out(lease: Lease) -> None:
    """Until it is told to stop; the second attempt has nothing to do."""
    if lease.subject_id == POSTPONED:
        raise PostponedError(60)
    if lease.operation.attempts == 1 and not _started.is_set():
        _started.set()
        while True:
            lease.check()
            Event().wait(0.01)


operations.register(operations.Kind(KIND, run=f"{__name__}.carry_out"))


@pytest.fixture(autouse=True)
def _a_fresh_worker() -> Iterator[None]:
    _started.clear()
    yield
    operations._draining.clear()


def _worker() -> Thread:
    def work() -> None:
        try:
            operations.work(KIND)
        finally:
            connections.close_all()

    thread = Thread(target=work)
    thread.start()
    return thread


def test_what_runs_goes_back_at_once_and_costs_no_attempt() -> None:
    operation = operations.enqueue(factories.team(), KIND, 1, "endless:1")
    worker = _worker()
    assert _started.wait(10)
    assert operations.hand_back() == 1
    worker.join(5)
    assert not worker.is_alive()
    row = Operation.objects.get(pk=operation.pk)
    assert (row.status, row.attempts, row.lease_owner) == (OperationStatus.QUEUED, 0, "")
    operations._draining.clear()  # another worker
    operations.work(KIND)
    row.refresh_from_db()
    assert (row.status, row.attempts) == (OperationStatus.DONE, 1)


def test_a_draining_worker_takes_nothing_more() -> None:
    operation = operations.enqueue(factories.team(), KIND, 2, "endless:2")
    operations.drain()
    assert operations.work(KIND) == 0
    assert Operation.objects.get(pk=operation.pk).status == OperationStatus.QUEUED


def test_what_is_postponed_goes_back_until_then_and_costs_no_attempt() -> None:
    operation = operations.enqueue(factories.team(), KIND, POSTPONED, "postponed")
    assert operations.work(KIND) == 1
    row = Operation.objects.get(pk=operation.pk)
    assert (row.status, row.attempts, row.lease_owner) == (OperationStatus.QUEUED, 0, "")
    assert 55 < (row.due_at - row.created_at).total_seconds() < 70
    assert operations.work(KIND) == 0
