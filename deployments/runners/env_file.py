"""Files of variables: one NAME=value a line, as people keep them beside a project."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from core.errors import UserError

_LINE: Final = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)")
_ESCAPES: Final = {"n": "\n", "r": "\r", "t": "\t"}


def read_env_file(path: Path) -> dict[str, str]:
    """The variables by name. Raises UserError for a line that is none; it does not repeat the line."""
    found: dict[str, str] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        text = line.strip()
        if text and not text.startswith("#"):
            match = _LINE.fullmatch(text)
            if match is None:
                raise _no_variable(path, number)
            found[match[1]] = _value(match[2])
    return found


def _value(text: str) -> str:
    """In single quotes as it is, in double quotes with escapes, bare up to a comment."""
    if len(text) > 1 and text[0] == text[-1] == "'":
        return text[1:-1]
    if len(text) > 1 and text[0] == text[-1] == '"':
        return re.sub(r"\\(.)", lambda match: _ESCAPES.get(match[1], match[1]), text[1:-1])
    return re.split(r"\s+#", text, maxsplit=1)[0].strip()


def _no_variable(path: Path, number: int) -> UserError:
    return UserError("env_file_invalid", "This line is no NAME=value", "Write one variable a line.", str(path), number)
