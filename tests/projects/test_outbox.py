"""The outbox: at least once, after the commit, never in its way."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import transaction

from projects import outbox
from projects.models import OutboxEvent
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)
_seen: list[int] = []
_failures: list[Exception] = []


def _subscriber(event: OutboxEvent) -> None:
    if _failures:
        raise _failures.pop()
    _seen.append(event.payload["number"])


outbox.subscribe("test.happened", _subscriber)


@pytest.fixture(autouse=True)
def _clean() -> Iterator[None]:
    _seen.clear()
    _failures.clear()
    yield


def test_a_subscriber_hears_of_it_once_the_transaction_committed() -> None:
    with transaction.atomic():
        outbox.record(factories.team(), "test.happened", number=1)
        assert _seen == []
    assert _seen == [1]
    assert outbox.dispatch() == 0


def test_what_was_rolled_back_did_not_happen() -> None:
    team = factories.team()
    with pytest.raises(RuntimeError), transaction.atomic():
        outbox.record(team, "test.happened", number=1)
        raise RuntimeError
    assert outbox.dispatch() == 0
    assert _seen == []


def test_a_subscriber_that_failed_is_asked_again() -> None:
    _failures.append(RuntimeError("the first time"))
    with transaction.atomic():
        outbox.record(factories.team(), "test.happened", number=2)
    assert _seen == []
    assert outbox.dispatch() == 1
    assert _seen == [2]
