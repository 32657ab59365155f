"""What agents claim that their model's answers cost: believed within bounds."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployments.nodes.token_reports import Tokens, tokens_of

_ANYTHING = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.lists(st.none(), max_size=2)
)


def line(usage: object) -> bytes:
    return json.dumps({"level": "info", "message": "The model answered.", "usage": usage}).encode()


def test_what_our_runtime_writes_is_read() -> None:
    assert tokens_of(line({"inputTokens": 12, "outputTokens": 0})) == Tokens(12, 0)


@pytest.mark.parametrize("wrong", [-1, 10_000_001, 1.5, True, "12", None, [1], 10**400])
def test_what_cannot_be_is_not_believed(wrong: object) -> None:
    assert tokens_of(line({"inputTokens": wrong, "outputTokens": 1})) is None
    assert tokens_of(line({"inputTokens": 1, "outputTokens": wrong})) is None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b'I print "usage" now and then',
        b'["usage"]',
        b'{"usage": 7}',
        b'{"usage": {}}',
        line({"inputTokens": 1, "outputTokens": 1, "more": "x" * 5_000}),
        b'{"usage":' * 400,
    ],
)
def test_a_line_of_something_else_is_none(content: bytes) -> None:
    assert tokens_of(content) is None


@given(st.binary(max_size=300))
def test_no_line_hurts(content: bytes) -> None:
    assert tokens_of(content + b'"usage"' + content) is None


@given(st.dictionaries(st.sampled_from(["inputTokens", "outputTokens", "x"]), _ANYTHING))
def test_a_claim_is_within_bounds_or_none(usage: dict[str, object]) -> None:
    found = tokens_of(line(usage))
    assert found is None or (0 <= found.input <= 10_000_000 and 0 <= found.output <= 10_000_000)
