"""Watch paths: whether a change concerns a project."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builds.runner.watching import concerns

PATHS = st.lists(st.from_regex(r"[a-z]{1,5}(/[a-z]{1,5}){0,3}", fullmatch=True), min_size=1, max_size=20)


@pytest.mark.parametrize(
    ("changed", "patterns", "expected"),
    [
        (["agents/shop/agent.yml"], ["agents/shop/"], True),
        (["agents/other/agent.yml"], ["agents/shop/"], False),
        (["README.md"], ["!*.md"], False),
        (["README.md", "agent.yml"], ["!*.md"], True),
        (["agents/shop/README.md"], ["agents/shop/", "!*.md"], False),
        (["docs/a.txt"], [], True),
        (["prompts/deep/er/x.md"], ["prompts/**/*.md"], True),
    ],
)
def test_excludes_come_first_then_includes(changed: list[str], patterns: list[str], expected: bool) -> None:
    assert concerns(changed, patterns) is expected


@pytest.mark.parametrize("changed", [None, [], [f"file-{number}" for number in range(3_001)]])
def test_what_cannot_be_told_is_built(changed: list[str] | None) -> None:
    assert concerns(changed, ["nothing/like/it"])


@given(PATHS)
def test_what_is_excluded_never_concerns(changed: list[str]) -> None:
    assert not concerns(changed, ["*", *(f"!/{path}" for path in changed)])


@given(PATHS)
def test_a_path_that_is_named_always_concerns(changed: list[str]) -> None:
    assert concerns(changed, [f"/{changed[0]}"])
