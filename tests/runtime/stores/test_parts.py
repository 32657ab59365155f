"""Stores, caches, blobs and readers of the runtime, each against its real engine: the suites are in runtime/test.

Here they only get the engines of the test run. A suite prints the seed of its random histories; DEXTO_TEST_SEED=N
repeats one.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from django.conf import settings

from builds.node_program import node_program

RUNTIME = Path(settings.RUNTIME_DIR)
SUITES = sorted(path.relative_to(RUNTIME).as_posix() for path in (RUNTIME / "test").rglob("*.test.ts"))


def test_every_kind_of_part_has_a_suite() -> None:
    assert {Path(suite).parts[1] for suite in SUITES} >= {"blobs", "caches", "readers", "stores"}


@pytest.mark.parametrize("suite", SUITES)
def test_the_suite_passes(suite: str) -> None:
    done = subprocess.run(
        [node_program(), "--test", "--test-reporter=spec", suite],
        cwd=RUNTIME,
        env=_environment(),
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ℹ fail 0" in done.stdout
    assert "ℹ pass 0" not in done.stdout


def _environment() -> dict[str, str]:
    engines = {
        "TEST_POSTGRES_URL": "DATABASE_URL",
        "TEST_REDIS_URL": "REDIS_URL",
        "TEST_S3_ENDPOINT": "S3_ENDPOINT_URL",
        "TEST_S3_BUCKET": "S3_BUCKET",
        "TEST_S3_KEY": "S3_ACCESS_KEY_ID",
        "TEST_S3_SECRET": "S3_SECRET_ACCESS_KEY",
    }
    own = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "DEXTO_TEST_SEED") if name in os.environ}
    return own | {name: os.environ[engine] for name, engine in engines.items()}
