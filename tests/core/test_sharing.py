"""What needs a shared store: one table for the build and the runtime."""

import json
from pathlib import Path

from core.sharing import FEATURES, HOLDS, as_dict, lacking
from core.targets import Target
from tests.core.projects import SMALLEST, check, codes

RUNTIME = Path(__file__).parents[2] / "runtime" / "src" / "http" / "sharing.json"
POSTGRES = "storage:\n  cache: {type: in-memory}\n  database: {type: postgres, url: $URL}\n  blob: {type: in-memory}\n"
REDIS = "storage:\n  cache: {type: redis, url: $URL}\n  database: {type: in-memory}\n  blob: {type: in-memory}\n"


def test_the_runtime_has_the_same_table() -> None:
    assert json.loads(RUNTIME.read_text(encoding="utf-8")) == as_dict()


def test_every_target_is_in_it_and_what_it_holds_is_known() -> None:
    assert set(HOLDS) == set(Target)
    assert set().union(*HOLDS.values()) == {feature.key for feature in FEATURES}
    assert lacking(Target.NODEJS) == ()
    assert lacking(Target.LAMBDA) == FEATURES


def test_with_a_shared_store_nothing_is_said() -> None:
    assert "needs_shared_store" in codes(check(SMALLEST, Target.LAMBDA))
    assert "needs_shared_store" not in codes(check(SMALLEST, Target.NODEJS, Target.CLOUDFLARE))
    for storage in (POSTGRES, REDIS):
        assert "needs_shared_store" not in codes(check(SMALLEST + storage, Target.LAMBDA, Target.VERCEL))
