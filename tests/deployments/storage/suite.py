"""One contract for everything that keeps agents' memory. A storage's test module makes a subclass of `StorageSuite`
whose fixture `counterpart` gives its `Counterpart`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from core.errors import CancelledError, UserError
from deployments.storage.contract import Place, Storage
from tests.deployments.platforms.suite import KeptIds
from tests.progress import Said

PRODUCTION = Place("agent", "dexto:test:1")
PREVIEW = Place("agent-pr-7", "dexto:test:2", production=PRODUCTION)


@dataclass
class Counterpart:
    """What a storage's test module gives. `leftovers` says in words what is there that we made for previews. `foreign`
    takes the mark from what was made for a place, so that it is somebody else's."""

    storage: Storage
    leftovers: Callable[[], list[str]]
    foreign: Callable[[Place], None]


class StorageSuite:
    """What every storage holds."""

    def test_the_credential_is_checked_in_words_and_nothing_is_made(self, counterpart: Counterpart) -> None:
        found = counterpart.storage.check()
        assert found.can and not found.missing
        assert counterpart.leftovers() == []

    def test_what_is_there_is_found_again_and_never_made_twice(self, counterpart: Counterpart) -> None:
        ids = KeptIds()
        first = counterpart.storage.ensure(PREVIEW, ids, Said())
        again = counterpart.storage.ensure(replace(PREVIEW, kept=first.variables), ids, Said())
        assert first.variables == again.variables and first.variables
        assert len(counterpart.leftovers()) == 1

    def test_a_preview_has_a_memory_of_its_own(self, counterpart: Counterpart) -> None:
        production = counterpart.storage.ensure(PRODUCTION, KeptIds(), Said()).variables
        preview = counterpart.storage.ensure(PREVIEW, KeptIds(), Said()).variables
        assert production.keys() == preview.keys() and production != preview

    def test_a_preview_goes_with_its_branch_and_production_stays(self, counterpart: Counterpart) -> None:
        production, ids = KeptIds(), KeptIds()
        before = counterpart.storage.ensure(PRODUCTION, production, Said())
        counterpart.storage.ensure(PREVIEW, ids, Said())
        counterpart.storage.remove(PREVIEW, ids)
        counterpart.storage.remove(PREVIEW, ids)
        assert counterpart.leftovers() == []
        known = replace(PRODUCTION, kept=before.variables)
        assert counterpart.storage.ensure(known, production, Said()).variables == before.variables

    def test_somebody_elses_is_neither_taken_nor_removed(self, counterpart: Counterpart) -> None:
        counterpart.storage.ensure(PREVIEW, KeptIds(), Said())
        counterpart.foreign(PREVIEW)
        with pytest.raises(UserError) as refused:
            counterpart.storage.ensure(PREVIEW, KeptIds(), Said())
        counterpart.storage.remove(PREVIEW, KeptIds())
        assert refused.value.code == "service_name_taken" and refused.value.next_step
        assert len(counterpart.leftovers()) == 1

    def test_who_cancels_is_heard_before_anything_is_made(self, counterpart: Counterpart) -> None:
        with pytest.raises(CancelledError):
            counterpart.storage.ensure(PREVIEW, KeptIds(), Said(stop=CancelledError("cancelled", "It was cancelled.")))
        assert counterpart.leftovers() == []

    def test_no_value_is_shown_by_accident(self, counterpart: Counterpart) -> None:
        kept = counterpart.storage.ensure(PREVIEW, KeptIds(), Said())
        assert not [value for value in kept.variables.values() if value in repr(kept)]
