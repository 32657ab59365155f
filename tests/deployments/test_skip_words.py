from __future__ import annotations

import pytest

from deployments.skip_words import skip_reason


@pytest.mark.parametrize(
    "message",
    [
        "docs [skip ci]",
        "[ci skip] docs",
        "a\n\nb [no ci]",
        "[skip actions]",
        "[actions skip]",
        "[Skip Dexto]",
        "docs\n\nskip-checks: true",
        "docs\n\nSigned-off-by: a\nskip-checks: true\n",
    ],
)
def test_says_skip(message: str) -> None:
    assert skip_reason(message)


@pytest.mark.parametrize("message", ["", "skip ci", "skip-checks: true", "a\n\nskip-checks: true\n\nmore", "[skip]"])
def test_says_nothing(message: str) -> None:
    assert skip_reason(message) == ""
