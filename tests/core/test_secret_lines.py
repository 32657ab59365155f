"""Which lines are not shown beside a finding."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.secret_lines import secret_lines

_SECRET = "correct-horse-battery"


def shown(text: str, *told: int) -> str:
    lines = text.split("\n")
    hidden = secret_lines(lines, told)
    return "\n".join(line for number, line in enumerate(lines, 1) if number not in hidden)


@pytest.mark.parametrize(
    "text",
    [
        f"apiKey: {_SECRET}",
        f'"apiKey": "{_SECRET}",',
        f"OPENAI_API_KEY={_SECRET}",
        f"const token = '{_SECRET}';",
        f'headers["Authorization"] = "{_SECRET}"',
        f"apiKey:\n  {_SECRET}",
        f"apiKey: |\n  {_SECRET}\n  a: {_SECRET}\nmodel: x",
        f'password: "\n  {_SECRET}: {_SECRET}"',
        f"- name: x\n  token: >-\n\n    {_SECRET}",
        f"url: postgres://ada:{_SECRET}@db/x",
        f"url: https://x.example.com/?api_key={_SECRET}",
        f"- sk-{_SECRET}",
        f"curl -H 'X: Bearer {_SECRET}'",
        f"-----BEGIN PRIVATE KEY-----\n{_SECRET}\nx\n-----END PRIVATE KEY-----",
    ],
)
def test_what_looks_like_a_secret_is_not_shown(text: str) -> None:
    assert _SECRET not in shown(text)


@pytest.mark.parametrize(
    "line",
    [
        "apiKey: $OPENAI_API_KEY",
        "max_tokens: 4096000000",
        "const apiKey = process.env.OPENAI_API_KEY;",
        "const token = await tokenOf(person);",
        'author: "Ada Lovelace"',
        "  primaryKey: true",
        'import { x } from "../some/very/long/path/to/a/module/of/the/project.js";',
        "promts: []",
    ],
)
def test_what_names_a_variable_or_none_is(line: str) -> None:
    assert shown(line) == line


def test_the_rest_of_a_value_that_a_reader_told_of_goes_with_it() -> None:
    assert shown(f"llm:\n  x: 1\n  note: one\n    {_SECRET}\n  model: m", 3) == "llm:\n  x: 1\n  model: m"
    assert shown(f"headers:\n  a:\n    one\n    {_SECRET}\nb: 1", 3) == "headers:\n  a:\nb: 1"


_LINE = st.text(st.characters(codec="utf-8", exclude_characters="\n\r"), max_size=30)


@given(before=st.lists(_LINE, max_size=5), indent=st.integers(0, 8), after=st.lists(_LINE, max_size=5))
def test_a_secret_is_hidden_whatever_stands_around_it(before: list[str], indent: int, after: list[str]) -> None:
    text = "\n".join([*before, f"{' ' * indent}apiKey: zq-{_SECRET}", *after])
    assert _SECRET not in shown(text)
