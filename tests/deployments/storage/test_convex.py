"""convex, against a fake that is judged by its description."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from core.errors import PlatformError, UserError
from deployments.platforms.cloud import Endpoints
from deployments.storage import convex
from deployments.storage.contract import Kept, Place
from tests.deployments.platforms.suite import KeptIds
from tests.fakes.convex import TEAM, TOKEN, FakeConvex
from tests.fakes.vendor import Fault, serving
from tests.progress import Said

PRODUCTION = Place("agent", "dexto:test:1")
PREVIEW = Place("agent-pr-7", "dexto:test:2", production=PRODUCTION)


@pytest.fixture
def fake() -> Iterator[FakeConvex]:
    found = FakeConvex()
    with serving(found):
        yield found


@pytest.fixture
def storage(fake: FakeConvex) -> convex.ConvexStorage:
    return convex.connect({"token": TOKEN}, Endpoints(fake.url))


def test_a_credential_is_checked(fake: FakeConvex, storage: convex.ConvexStorage) -> None:
    assert storage.check().account == str(TEAM)
    fake.tokens.clear()
    with pytest.raises(UserError) as refused:
        storage.check()
    assert refused.value.code == "credential_refused"


def test_a_key_that_is_known_stays_and_one_that_is_not_takes_its_place(
    fake: FakeConvex, storage: convex.ConvexStorage
) -> None:
    first = storage.ensure(PRODUCTION, KeptIds(), Said())
    again = storage.ensure(replace(PRODUCTION, kept=first.variables), KeptIds(), Said())
    anew = storage.ensure(PRODUCTION, KeptIds(), Said())
    assert first == again and anew.variables != first.variables and len(fake.keys()) == 1


def test_a_preview_is_a_deployment_that_goes(fake: FakeConvex, storage: convex.ConvexStorage) -> None:
    main, preview = storage.ensure(PRODUCTION, KeptIds(), Said()), storage.ensure(PREVIEW, KeptIds(), Said())
    assert main.variables["CONVEX_URL"] != preview.variables["CONVEX_URL"]
    (made,) = fake.all.values()
    storage.remove(PREVIEW, KeptIds())
    storage.remove(PREVIEW, KeptIds())
    assert len(made.deployments) == 1
    storage.remove(PRODUCTION, KeptIds())
    storage.remove(PRODUCTION, KeptIds())
    assert not fake.all


def test_a_lost_answer_anywhere_makes_nothing_twice(fake: FakeConvex, storage: convex.ConvexStorage) -> None:
    for skip in range(20):
        fake.faults = [fault := Fault("", lost=True, skip=skip)]
        _until_done(storage, PREVIEW)
        fake.faults = []
        (made,) = fake.all.values()
        assert len(made.deployments) == 2 and len(fake.keys()) == 1, f"after the loss of call {skip}"
        storage.remove(PRODUCTION, KeptIds())
        if fault.times:
            return
    raise AssertionError("it makes more than 20 calls")


def _until_done(storage: convex.ConvexStorage, place: Place) -> Kept:
    ids = KeptIds()
    for _attempt in range(4):
        try:
            return storage.ensure(place, ids, Said())
        except PlatformError:
            continue
    raise AssertionError("four attempts were not enough")
