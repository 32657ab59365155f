"""supabase, against a fake that is judged by its description and whose projects and branches are databases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from clients.addresses import ANYWHERE
from core.errors import PlatformError, UserError
from deployments.platforms.cloud import Endpoints
from deployments.storage import supabase
from deployments.storage.contract import Kept, Place
from tests.deployments.platforms.suite import KeptIds
from tests.fakes.supabase import TOKEN, FakeSupabase
from tests.fakes.vendor import Fault, serving
from tests.progress import Said

PRODUCTION = Place("agent", "dexto:test:1")
PREVIEW = Place("agent-pr-7", "dexto:test:2", production=PRODUCTION)


@pytest.fixture
def fake() -> Iterator[FakeSupabase]:
    found = FakeSupabase()
    with serving(found):
        yield found


@pytest.fixture
def storage(fake: FakeSupabase) -> supabase.SupabaseStorage:
    return replace(supabase.connect({"token": TOKEN}, Endpoints(fake.url)), policy=ANYWHERE)


def test_a_credential_is_checked(fake: FakeSupabase, storage: supabase.SupabaseStorage) -> None:
    assert storage.check().name == "Acme"
    fake.tokens.clear()
    with pytest.raises(UserError) as refused:
        storage.check()
    assert refused.value.code == "credential_refused"


def test_a_password_that_is_known_stays_and_one_that_is_not_is_set(storage: supabase.SupabaseStorage) -> None:
    first = storage.ensure(PRODUCTION, KeptIds(), Said())
    again = storage.ensure(replace(PRODUCTION, kept=first.variables), KeptIds(), Said())
    anew = storage.ensure(PRODUCTION, KeptIds(), Said())
    assert first == again and anew.variables != first.variables


def test_a_preview_is_a_branch_that_goes(fake: FakeSupabase, storage: supabase.SupabaseStorage) -> None:
    main, preview = storage.ensure(PRODUCTION, KeptIds(), Said()), storage.ensure(PREVIEW, KeptIds(), Said())
    assert main.variables != preview.variables and len(fake.all) == 2
    storage.remove(PREVIEW, KeptIds())
    storage.remove(PREVIEW, KeptIds())
    assert len(fake.all) == 1
    storage.remove(PRODUCTION, KeptIds())
    storage.remove(PRODUCTION, KeptIds())
    assert not fake.all


@pytest.mark.slow
def test_a_lost_answer_anywhere_makes_nothing_twice(fake: FakeSupabase, storage: supabase.SupabaseStorage) -> None:
    for skip in range(20):
        fake.faults = [fault := Fault("", lost=True, skip=skip)]
        _until_done(storage, PREVIEW)
        fake.faults = []
        assert len(fake.all) == 2, f"after the loss of call {skip}"
        storage.remove(PREVIEW, KeptIds())
        storage.remove(PRODUCTION, KeptIds())
        if fault.times:
            return
    raise AssertionError("it makes more than 20 calls")


def test_a_project_that_was_named_stays(fake: FakeSupabase, storage: supabase.SupabaseStorage) -> None:
    theirs = fake.add("theirs")
    production = replace(PRODUCTION, config={"projectRef": theirs.ref})
    with pytest.raises(UserError, match="password") as refused:
        storage.ensure(production, KeptIds(), Said())
    assert refused.value.code == "storage_forbidden"
    storage.remove(production, KeptIds())
    assert list(fake.all) == [theirs.ref]


def _until_done(storage: supabase.SupabaseStorage, place: Place) -> Kept:
    ids = KeptIds()
    for _attempt in range(4):
        try:
            return storage.ensure(place, ids, Said())
        except PlatformError:
            continue
    raise AssertionError("four attempts were not enough")
