"""Which lines of a file are not shown beside a finding: those that hold a secret, or look as if they did.

A file that could not be read has nobody to say which of its values is one, so the lines are judged by their looks: one
too many is hidden rather than one too few.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Final

_NAMED: Final = re.compile(
    r"(?:auth(?!ors?\b)|key(?!word|board|frame)|token|secret|passw|pwd|credential|cookie)[\w.-]{0,60}"
    r"[\"'\]]{0,2}\s{0,20}[:=]\s{0,20}(.*)",
    re.IGNORECASE,
)
#: Keys of well-known vendors, a password before a host or among a query's parameters, a signed token.
_LOOKS: Final = re.compile(
    r"\b(?:sk|pk|rk)[-_][A-Za-z0-9_-]{12}|\bAKIA[0-9A-Z]{12}|\bxox[a-z]-|\bAIza[\w-]{20}|\bgh[a-z]_|\bgithub_pat_|\bdexto_"
    r"|\beyJ[\w-]{10,2000}\.|\bBearer\s+[^\s$]{8}|://[^/?#\s$]{0,200}:[^/?#\s$]{1,200}@"
    r"|[?&][^=&#\s]{0,40}(?:key|token|secret|passw|sig)[^=&#\s]{0,40}=[^&#\s$]{8}",
    re.IGNORECASE,
)
#: Forty characters of base64 and the like, which hold small, capital and a digit: no word is so.
_RANDOM: Final = re.compile(r"[A-Za-z0-9+/=_-]{40,}")
_KINDS: Final = (re.compile(r"[a-z]"), re.compile(r"[A-Z]"), re.compile(r"\d"))
#: What a program computes is no value: a variable of the environment, a call, a function.
_COMPUTED: Final = re.compile(r"(?:await |async |new )?(?:(?:\w{1,30}\.){0,3}env[.\[(]|[\w.]{0,60}\()")
#: A value that begins in the line below.
_BLOCK: Final = re.compile(r"[\"'`]|[|>][-+\d]{0,3}\s{0,20}(?:#.*)?")
_KEY: Final = re.compile(r":(?:\s|$)")
_SHORTEST: Final = 8


def secret_lines(lines: Sequence[str], told: Collection[int] = ()) -> frozenset[int]:
    """Their numbers, from 1. `told` are those that a reader of the file found one in."""
    hidden: set[int] = set()
    value: _Value | None = None
    in_block = False
    for number, line in enumerate(lines, 1):
        if in_block or "-----BEGIN" in line:
            in_block = "-----END" not in line
            hidden.add(number)
        elif value is not None and value.goes_on(line):
            hidden.add(number)
        else:
            value = _value(line, told=number in told)
            if value is not None and value.begins_here:
                hidden.add(number)
    return frozenset(hidden)


class _Value:
    """A value that may be a secret, and may go on in the lines below: as YAML has it, where they stand further in."""

    __slots__ = ("_indent", "_whole", "begins_here")

    def __init__(self, indent: int, *, begins_here: bool, whole: bool) -> None:
        self._indent = indent
        self._whole = whole  # all that stands below is of it, also what looks like a key
        self.begins_here = begins_here

    def goes_on(self, line: str) -> bool:
        return not line.strip() or (_indent(line) > self._indent and (self._whole or not _KEY.search(line)))


def _value(line: str, *, told: bool) -> _Value | None:
    indent = _indent(line)
    if told:
        # A value below its key goes on as far in as it begins.
        return _Value(indent if _KEY.search(line) else indent - 1, begins_here=True, whole=True)
    if _LOOKS.search(line) or any(_is_random(one) for one in _RANDOM.findall(line)):
        return _Value(indent, begins_here=True, whole=False)
    named = _NAMED.search(line)
    if named is None:
        return None
    rest = named[1].strip().rstrip(",;")
    if not rest or _BLOCK.fullmatch(rest):
        return _Value(indent, begins_here=False, whole=bool(rest))
    return _Value(indent, begins_here=True, whole=True) if _is_literal(rest) else None


def _is_literal(text: str) -> bool:
    bare = text.strip("\"'`")
    return len(bare) >= _SHORTEST and "$" not in bare and not bare.isdigit() and not _COMPUTED.match(text)


def _is_random(text: str) -> bool:
    return all(kind.search(text) for kind in _KINDS)


def _indent(line: str) -> int:
    """The key of a list's item stands as far in as those below it."""
    return len(line) - len(line.lstrip(" \t-"))
