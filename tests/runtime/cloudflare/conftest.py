"""Only the Worker: what no other target has."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="session", params=["cloudflare"])
def target(request: pytest.FixtureRequest) -> str:
    return str(request.param)
