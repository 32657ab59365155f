"""No file keeps the check busy, fills the memory, or makes it say more than a person reads."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.core.hostile_files import HOSTILE, HOSTILE_AGENTS

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def measured() -> dict[str, dict[str, Any]]:
    argv = [sys.executable, "-m", "tests.core.hostile_files"]
    done = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=300, cwd=ROOT)
    return {found["name"]: found for found in map(json.loads, done.stdout.splitlines())}


@pytest.mark.parametrize("name", HOSTILE)
def test_reading_ends_soon_and_within_200_megabytes_with_a_line(measured: dict[str, dict[str, Any]], name: str) -> None:
    found = measured[name]
    assert found["times"] < 4
    assert found["megabytes"] < 200
    assert found["line"] > 0
    assert found["said"] <= 101


@pytest.mark.parametrize("name", HOSTILE_AGENTS)
def test_the_whole_check_ends_soon_and_says_what_a_person_can_read(
    measured: dict[str, dict[str, Any]], name: str
) -> None:
    found = measured[name]
    assert found["times"] < 20
    assert found["megabytes"] < 200
    assert found["length"] < 1_000_000
