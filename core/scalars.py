"""What a plain scalar of YAML means: the core schema of YAML 1.2, as the JavaScript readers have it.

So `on`, `yes` and `12:30` stay text, which the schema of YAML 1.1 would turn into something else.
"""

import re
from typing import Final

_NULLS: Final = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEANS: Final = {
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
_INTEGER = re.compile(r"[-+]?[0-9]+")
_OCTAL = re.compile(r"0o[0-7]+")
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_FIRST_OF_NUMBER: Final = frozenset("-+.0123456789")
#: More digits than a double can hold: the JavaScript side would read another number.
_MAX_DIGITS = 300


class NotCarriedError(ValueError):
    """The scalar is a number that JSON and JavaScript cannot carry."""


def resolve(text: str) -> str | int | float | bool | None:
    """The value of a plain scalar. Raises NotCarriedError."""
    if text in _NULLS:
        return None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    return _number(text) if text[0] in _FIRST_OF_NUMBER else text


def _number(text: str) -> str | int | float:
    if _NOT_FINITE.fullmatch(text):
        raise NotCarriedError(text)
    if _INTEGER.fullmatch(text):
        return _bounded(int, text)
    if _OCTAL.fullmatch(text):
        return int(text[2:], 8)
    if _HEXADECIMAL.fullmatch(text):
        return int(text[2:], 16)
    return _finite(text) if _FLOAT.fullmatch(text) else text


def _bounded(convert: type[int], text: str) -> int:
    if len(text) > _MAX_DIGITS:
        raise NotCarriedError(text)
    return convert(text)


def _finite(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise NotCarriedError(text)
    return value
