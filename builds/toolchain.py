"""The programs that the platform's builds use, found once per process."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from django.conf import settings

from builds import tools
from builds.bundlers.contract import Toolchain


@lru_cache(maxsize=1)
def toolchain() -> Toolchain:
    return tools.toolchain(Path(settings.AGENT_RUNTIME_DIR), seconds=settings.BUNDLE_SECONDS)
