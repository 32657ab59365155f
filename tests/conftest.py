"""What several folders of tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bench.installation import Installation, installation


@pytest.fixture(scope="session")
def installed() -> Iterator[Installation]:
    """A whole installation in processes of its own, started once, asked from outside like anybody's."""
    with installation() as found:
        yield found
