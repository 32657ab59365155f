"""Files of variables, as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.dotenv import parsed, quoted
from core.errors import UserError


def test_a_file_is_read_as_people_write_it() -> None:
    text = """
# a comment
export KEY=value
QUOTED="two words"
SINGLE='$not expanded\\n'
LINES="one\\ntwo"
EMPTY=
TAIL=value # a comment
EQUALS=a=b
"""
    assert parsed(text, ".env") == {
        "KEY": "value",
        "QUOTED": "two words",
        "SINGLE": "$not expanded\\n",
        "LINES": "one\ntwo",
        "EMPTY": "",
        "TAIL": "value",
        "EQUALS": "a=b",
    }


def test_a_line_that_is_none_is_named() -> None:
    with pytest.raises(UserError) as refused:
        parsed("A=1\nnonsense\n", ".env")
    assert (refused.value.code, refused.value.file, refused.value.line) == ("env_file_line", ".env", 2)


@given(st.text(st.characters(blacklist_categories=("Cs", "Cc", "Zl", "Zp"), whitelist_characters="\n"), max_size=50))
def test_what_is_pulled_can_be_imported(value: str) -> None:
    assert parsed(f"NAME={quoted(value)}", ".env") == {"NAME": value}
