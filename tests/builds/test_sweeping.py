"""What dead builds leave on a builder's disk."""

from __future__ import annotations

import os
from pathlib import Path

from builds.sweeping import sweep_work


def _old(path: Path) -> Path:
    path.mkdir(parents=True)
    os.utime(path, (0, 0))
    return path


def test_old_scratch_folders_and_mirrors_go_and_nothing_else(tmp_path: Path) -> None:
    gone = [_old(tmp_path / "work" / "build-dead"), _old(tmp_path / "mirrors" / "7.git")]
    kept = [_old(tmp_path / "work" / "mine"), _old(tmp_path / "origin" / "1.git")]
    fresh = tmp_path / "work" / "build-alive"
    fresh.mkdir()
    assert sweep_work(tmp_path) == 2
    assert not any(path.exists() for path in gone)
    assert all(path.exists() for path in (*kept, fresh))


def test_a_fresh_machine_has_nothing_to_sweep(tmp_path: Path) -> None:
    assert sweep_work(tmp_path) == 0
