"""A backup made while everything runs, restored into an empty directory, serves the same URLs and memories."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bench import projects
from bench.installation import PROGRAM, Installation, start, temporary_folder, until

pytestmark = pytest.mark.slow


def _live(found: Installation, folder: Path) -> str:
    projects.write_small(folder)
    checkout = found.project("shop", folder)
    checkout.commit("first")
    checkout.push("main")
    commit = checkout.head()
    until(lambda: found.live_commit("shop") == commit, "production")
    return commit


def _command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(PROGRAM), *arguments], capture_output=True, text=True, check=False)


@pytest.fixture
def folder() -> Iterator[Path]:
    made = temporary_folder()
    yield made
    shutil.rmtree(made, ignore_errors=True)


def test_the_restored_installation_serves_the_same_urls(folder: Path) -> None:
    (folder / "data").mkdir()
    found = start(folder / "data")
    try:
        commit, port = _live(found, folder / "checkout"), found.port
        memory = next((folder / "data" / "state").glob("*/production")) / "memory.db"
        with closing(sqlite3.connect(memory)) as database:
            database.execute("CREATE TABLE said (text TEXT)")
            database.execute("INSERT INTO said VALUES ('hello')")
            database.commit()
        done = _command("backup", str(folder / "backup.tar"), "--data", str(folder / "data"))
        assert done.returncode == 0, done.stderr
        assert (folder / "backup.tar").stat().st_mode & 0o077 == 0  # it holds every secret
    finally:
        found.stop()
    restored = _command("restore", str(folder / "backup.tar"), "--data", str(folder / "again"))
    assert restored.returncode == 0, restored.stderr
    assert json.loads(restored.stdout)["objects"] > 0
    again = start(folder / "again")
    try:
        assert again.port == port
        assert until(lambda: again.live_commit("shop"), "production again") == commit
        remembered = next((folder / "again" / "state").glob("*/production")) / "memory.db"
        with closing(sqlite3.connect(remembered)) as database:
            assert database.execute("SELECT text FROM said").fetchall() == [("hello",)]
    finally:
        again.stop()
    refused = _command("restore", str(folder / "backup.tar"), "--data", str(folder / "again"))
    assert refused.returncode == 1
    assert "restore_not_empty" in refused.stderr


def test_what_is_no_backup_is_refused(folder: Path) -> None:
    (folder / "text").write_text("no archive")
    refused = _command("restore", str(folder / "text"), "--data", str(folder / "new"))
    assert (refused.returncode, "backup_unreadable" in refused.stderr) == (1, True)
    with tarfile.open(folder / "other.tar", "w") as other:
        other.add(folder / "text", "data/secrets.json")
    refused = _command("restore", str(folder / "other.tar"), "--data", str(folder / "other"))
    assert refused.returncode != 0
