"""What an agent says that its model's answers cost: a line of its log with `usage`, as our runtime writes it.

Anybody's code may print such a line. It is believed within bounds: a claim is shown to the agent's own team alone.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

_LONGEST_LINE: Final = 4_096
_MOST: Final = 10_000_000  # tokens of one answer; no model reads or writes so many


@dataclass(frozen=True, slots=True)
class Tokens:
    input: int
    output: int


def tokens_of(line: bytes) -> Tokens | None:
    """None of a line that says nothing of tokens, or what cannot be."""
    if len(line) > _LONGEST_LINE or b'"usage"' not in line:
        return None
    try:
        usage = json.loads(line)["usage"]
        found = Tokens(usage["inputTokens"], usage["outputTokens"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return found if _may_be(found.input) and _may_be(found.output) else None


def _may_be(number: Any) -> bool:
    return type(number) is int and 0 <= number <= _MOST
