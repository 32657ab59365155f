"""Reads JSON with positions: JSON is YAML but for a few corners, so the YAML reader finds the places."""

import json
import re

from core.document import Document, Reading
from core.findings import Finding, Position, Severity, at
from core.text import can_be_carried, decode
from core.yaml_reader import read_yaml

#: libyaml knows no surrogate pairs; any letter in their place keeps every position.
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")


def read_json(content: bytes, file: str) -> Reading:
    """The document of a JSON file. What is JSON but no YAML is read without positions."""
    text = decode(content, file)
    if isinstance(text, Finding):
        return Reading(None, (text,))
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        return Reading(None, (_syntax(file, error.lineno, error.colno, error.msg),))
    except (RecursionError, ValueError) as error:
        return Reading(None, (_syntax(file, 1, 1, f"it cannot be read ({error})"),))
    if not can_be_carried(data):
        return Reading(None, (_not_carried(file),))
    placed = read_yaml(_SURROGATE.sub(rb"\\u0020", content), file)
    if placed.document is None:
        return Reading(Document(file, data))
    document = Document(file, data, placed.document.values, placed.document.keys)
    return Reading(document, placed.findings)


def _not_carried(file: str) -> Finding:
    sentence = "A text in it holds the character NUL or half of a surrogate pair"
    next_step = "Look for \\u0000 and \\ud800 to \\udfff, and remove them."
    return at(Position(file, 1, 1), Severity.ERROR, "character_not_carried", sentence, next_step=next_step)


def _syntax(file: str, line: int, column: int, problem: str) -> Finding:
    return at(
        Position(file, line, column),
        Severity.ERROR,
        "json_syntax",
        f"This is not JSON: {problem}",
        next_step="JSON has no comments and no comma after the last entry.",
    )
