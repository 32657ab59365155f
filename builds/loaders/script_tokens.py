"""JavaScript and TypeScript as tokens with places; enough to read literals, far from a compiler."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

# Every alternative also matches when its end is missing: if it failed there, each quote of a hostile line
# would be tried to the end of the file.
_TOKEN = re.compile(
    r"""
    (?P<space>\s+|//[^\n]*|/\*.*?(?:\*/|\Z))
  | (?P<text>"(?:[^"\\\n]|\\.)*+(?:"|(?=\n)|\\?\Z)|'(?:[^'\\\n]|\\.)*+(?:'|(?=\n)|\\?\Z))
  | (?P<template>`(?:[^`\\]|\\.)*+(?:`|\\?\Z))
  | (?P<number>0[xX][0-9a-fA-F]+|(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)
  | (?P<name>[A-Za-z_$][\w$]*)
  | (?P<mark>\.\.\.|=>|\?\?|\|\||[{}()\[\],:;.=!?+*/<>&|%^~@#-]|.)
    """,
    re.VERBOSE | re.DOTALL,
)


class Kind(StrEnum):
    """What a token is."""

    TEXT = "text"
    TEMPLATE = "template"
    NUMBER = "number"
    NAME = "name"
    MARK = "mark"
    END = "end"


@dataclass(frozen=True, slots=True)
class Token:
    """A token and where it starts, from 1."""

    kind: Kind
    text: str
    line: int
    column: int


def tokens(source: str) -> Iterator[Token]:
    """All tokens without blanks and comments, then END."""
    line, line_start = 1, 0
    for match in _TOKEN.finditer(source):
        group = match.lastgroup or ""
        if group != "space":
            yield Token(Kind(group), match[0], line, match.start() - line_start + 1)
        breaks = match[0].count("\n")
        if breaks:
            line += breaks
            line_start = match.start() + match[0].rindex("\n") + 1
    yield Token(Kind.END, "", line, len(source) - line_start + 1)
