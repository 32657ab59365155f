"""Which installation the command speaks with, and what it shows it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.client import Connection, connection
from core.errors import UserError


@pytest.fixture
def signed_in(tmp_path: Path) -> dict[str, str]:
    kept = tmp_path / ".config" / "dexto-cloud" / "cli.json"
    kept.parent.mkdir(parents=True)
    kept.write_text(json.dumps({"url": "http://mine.example", "token": "dxt_mine"}))
    return {"HOME": str(tmp_path)}


def test_the_environment_comes_before_what_is_kept(signed_in: dict[str, str]) -> None:
    assert connection(signed_in) == Connection("http://mine.example", "dxt_mine")
    assert connection({**signed_in, "DEXTO_TOKEN": "dxt_other"}) == Connection("http://mine.example", "dxt_other")
    whole = {"DEXTO_URL": "http://other.example", "DEXTO_TOKEN": "dxt_other"}
    assert connection({**signed_in, **whole}) == Connection("http://other.example", "dxt_other")


def test_a_token_is_shown_to_no_other_installation(signed_in: dict[str, str]) -> None:
    assert connection({**signed_in, "DEXTO_URL": "http://mine.example/"}).token == "dxt_mine"
    with pytest.raises(UserError, match=r"http://other\.example") as refused:
        connection({**signed_in, "DEXTO_URL": "http://other.example"})
    assert refused.value.code == "not_connected"
    assert "dxt_mine" not in f"{refused.value.sentence} {refused.value.next_step}"
