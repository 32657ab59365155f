"""Literals of JavaScript as values."""

import re
from typing import Final

from core.document import Data
from core.text import can_be_carried


class _Opaque:
    """The value of what cannot be known without running the script."""

    def __repr__(self) -> str:
        return "OPAQUE"


OPAQUE: Final = _Opaque()

_ESCAPE = re.compile(r"\\(u\{[0-9a-fA-F]{1,6}\}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|\n|.)", re.DOTALL)
_SIMPLE: Final = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0", "\n": ""}
_VARIABLE = re.compile(r"\$\{\s*process\.env\.([A-Za-z_][A-Za-z0-9_]*)!?\s*\}")
_SUBSTITUTION = re.compile(r"(?<!\\)\$\{")
_MAX_DIGITS: Final = 300


def text(literal: str) -> Data:
    """A string with quotes of any kind."""
    try:
        units = _ESCAPE.sub(_escaped, literal[1:-1]).encode("utf-16", "surrogatepass")
        found = units.decode("utf-16")  # what two escapes spell in halves is one character
    except (ValueError, OverflowError):
        return OPAQUE
    return found if can_be_carried(found) else OPAQUE


def template(literal: str) -> Data:
    """A template whose only substitutions are variables of the environment."""
    held: list[str] = []

    def hold(match: re.Match[str]) -> str:
        held.append(match[1])
        return ""

    if _SUBSTITUTION.search(_VARIABLE.sub(hold, literal)):
        return OPAQUE
    return text(_VARIABLE.sub(lambda match: f"${{{match[1]}}}", literal))


def number(literal: str) -> Data:
    """An integer or a float, if a double can hold it."""
    digits = literal.replace("_", "")
    try:
        if "x" in digits.lower():
            return int(digits, 16)
        value = float(digits)
    except ValueError:
        return OPAQUE
    if len(digits) > _MAX_DIGITS or value in (float("inf"), float("-inf")):
        return OPAQUE
    return int(value) if value.is_integer() and "e" not in digits.lower() else value


def _escaped(match: re.Match[str]) -> str:
    code = match[1]
    if code[0] in "ux" and len(code) > 1:
        return chr(int(code[1:].strip("{}"), 16))
    return _SIMPLE.get(code, code)
