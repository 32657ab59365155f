"""`dexto-cloud keys` on one machine: added while it runs, finished after a restart, the old one removed last."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.installation import PROGRAM, start, temporary_folder

pytestmark = pytest.mark.slow


@pytest.fixture
def folder() -> Iterator[Path]:
    made = temporary_folder()
    yield made
    shutil.rmtree(made, ignore_errors=True)


def keys(data: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    argv = [str(PROGRAM), "keys", *arguments, "--data", str(data)]
    return subprocess.run(argv, capture_output=True, text=True, timeout=120, check=False)


def rows(data: Path) -> list[list[str]]:
    done = keys(data, "list")
    assert done.returncode == 0, done.stderr
    return [line.split(maxsplit=3) for line in done.stdout.splitlines()]


def test_from_one_key_to_the_next_across_a_restart(folder: Path) -> None:
    (folder / "data").mkdir()
    data = folder / "data"
    found = start(data)
    try:
        found.api.post("projects", {"slug": "shop"})
        value = {"name": "GREETING", "value": "hello-hello", "environment": "production"}
        found.api.post("projects/shop/variables", value)
        assert "Restart" in keys(data, "rotate").stdout
        assert "Restart" in keys(data, "rotate").stdout, "asked again it adds no second key"
        first, second = json.loads((data / "secrets.json").read_text())["DEXTO_ENCRYPTION_KEYS"].split(",")
        assert second.startswith("first:")
        assert keys(data, "remove", "first").returncode == 1
    finally:
        found.stop()
    new = first.partition(":")[0]
    assert rows(data)[1][:3] == ["first", "1", "values"]
    assert keys(data, "rotate").returncode == 0
    assert [row[:2] for row in rows(data)] == [[new, "1"], ["first", "0"]]
    refused = keys(data, "remove", new)
    assert (refused.returncode, "[encryption_key_in_use]" in refused.stderr) == (1, True)
    assert keys(data, "remove", "first").returncode == 0
    assert [row[:2] for row in rows(data)] == [[new, "1"]]
    nobody = keys(folder / "nothing", "list")
    assert (nobody.returncode, "[not_connected]" in nobody.stderr) == (1, True)
