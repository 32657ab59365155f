from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def base() -> Path:
    """The data directory of this run, where users of their own can get to."""
    return Path(os.environ["DEXTO_DATA_DIR"])
