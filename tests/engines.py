"""Starts the engines once for a whole test run, before Django reads its settings. Loaded with `-p tests.engines`."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from dexto_cloud.embedded.up import Running, UpOptions, start

_running: list[Running] = []


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests() -> None:
    """Before pytest-django: the settings name the engines."""
    base = "/var/lib/dexto-cloud" if os.geteuid() == 0 else None
    if base:
        Path(base).mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="test-", dir=base))
    folder.chmod(0o755)
    running = start(UpOptions(folder, port=0, durable=False, engines_only=True), lambda _event: None)
    _running.append(running)
    os.environ.update(running.environment)
    os.environ["DEXTO_DATABASE_POOL"] = "0"


def pytest_unconfigure() -> None:
    while _running:
        running = _running.pop()
        running.stop()
        shutil.rmtree(running.directory.path, ignore_errors=True)
