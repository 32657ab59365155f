"""The .env format: NAME=value, one a line, quotes around what needs them."""

from __future__ import annotations

import re
from typing import Final

from core.errors import UserError

_BARE: Final = re.compile(r"[\w./:@+=-]*", re.ASCII)
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)


def parsed(text: str, file: str) -> dict[str, str]:
    """Names and values of a .env file: NAME=value, quotes around the value, `export`, comments. Raises UserError."""
    values: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.strip().removeprefix("export ").strip()
        if not words or words.startswith("#"):
            continue
        name, equals, value = words.partition("=")
        if not equals or not name.strip():
            raise UserError("env_file_line", "This line is no NAME=value.", "Correct it.", file, number)
        values[name.strip()] = _unquoted(value.strip())
    return values


def _unquoted(value: str) -> str:
    if len(value) >= 2 and value[0] == value[-1] == "'":
        return value[1:-1]
    if len(value) >= 2 and value[0] == value[-1] == '"':
        return _ESCAPED.sub(lambda found: "\n" if found[1] == "n" else found[1], value[1:-1])
    return value.partition(" #")[0].rstrip()


def quoted(value: str) -> str:
    if _BARE.fullmatch(value):
        return value
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
