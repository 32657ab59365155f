"""The storage that docs/adapters.md writes, as it stands there, held to the contract of all."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from core.errors import UserError
from deployments.platforms.cloud import Endpoints
from deployments.storage.contract import Place
from tests.deployments.platforms.suite import KeptIds
from tests.deployments.storage.suite import PREVIEW, Counterpart, StorageSuite
from tests.progress import Said

_DOCUMENT = Path(__file__).resolve().parents[3] / "docs/adapters.md"


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """What people will copy, as it stands there."""
    source = re.search(r"```python\n(.*?)```", _DOCUMENT.read_text(), re.DOTALL)
    assert source
    found = ModuleType("shelf")
    monkeypatch.setitem(sys.modules, "shelf", found)  # dataclasses look their module up
    exec(compile(source[1], str(_DOCUMENT), "exec"), found.__dict__)  # noqa: S102
    return found


class TestDocumented(StorageSuite):
    @pytest.fixture
    def counterpart(self, module: ModuleType, tmp_path: Path) -> Iterator[Counterpart]:
        shelf = tmp_path / "shelf"
        shelf.mkdir()
        storage = module.MODULE.connect({"folder": str(shelf)}, Endpoints())

        def foreign(place: Place) -> None:
            next(shelf.glob(f"{place.name}-*/.mark")).write_text("somebody else's")

        yield Counterpart(storage, lambda: [path.name for path in shelf.glob(f"{PREVIEW.name}-*")], foreign)

    def test_an_attempt_that_died_between_two_writes_is_continued(
        self, counterpart: Counterpart, tmp_path: Path
    ) -> None:
        ids = KeptIds()
        kept = counterpart.storage.ensure(PREVIEW, ids, Said())
        next(tmp_path.glob(f"shelf/{PREVIEW.name}-*/.mark")).unlink()
        assert counterpart.storage.ensure(PREVIEW, ids, Said()).variables == kept.variables

    def test_a_folder_that_is_not_there_is_said_in_words(self, module: ModuleType, tmp_path: Path) -> None:
        storage = module.MODULE.connect({"folder": str(tmp_path / "gone")}, Endpoints())
        with pytest.raises(UserError) as refused:
            storage.check()
        assert refused.value.code == "storage_unreachable" and refused.value.next_step
