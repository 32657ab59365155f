"""Variables of the environment that a configuration asks for: `$NAME`, `${NAME}`, `${NAME:-default}`.

They are found here and never expanded: values exist only where the agent runs, or in a loader's memory.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from core.findings import Position

#: A doubled dollar is a dollar; `${{` starts a template. A default holds no brace: if it could, each `${A:-`
#: of a hostile text would be searched to the text's end.
_REFERENCE = re.compile(
    r"\$\$|\$\{(?P<braced>[A-Za-z_][A-Za-z0-9_]*)(?P<default>:-[^{}]*)?\}|\$(?P<bare>[A-Z_][A-Z0-9_]*)"
)


@dataclass(frozen=True, slots=True)
class Reference:
    """One mention of a variable in a text; `start` is its offset."""

    name: str
    start: int
    default: str | None = None


@dataclass(frozen=True, slots=True)
class RequiredVariable:
    """A variable that must be set, where it is asked for, and for what: a path in the configuration."""

    name: str
    position: Position
    purpose: str

    def as_dict(self) -> dict[str, object]:
        """The form that the CLI prints."""
        return {"name": self.name, "file": self.position.file, "line": self.position.line}


def references(text: str) -> Iterator[Reference]:
    """Every variable that a text mentions."""
    for match in _REFERENCE.finditer(text):
        name = match["braced"] or match["bare"]
        if name:
            default = match["default"]
            yield Reference(name, match.start(), None if default is None else default[2:])


def expand(text: str, value_of: Callable[[str], str | None]) -> str:
    """The text with values in place, for a loader's memory only. Raises KeyError with the missing name."""

    def value(match: re.Match[str]) -> str:
        name = match["braced"] or match["bare"]
        if not name:
            return "$"
        found = value_of(name)
        if found is None and match["default"] is not None:
            return match["default"][2:]
        if found is None:
            raise KeyError(name)
        return found

    return _REFERENCE.sub(value, text)
