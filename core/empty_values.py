"""A key without a value is a key that is not there: `mcpServers:` above lines that are all comments."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from core.document import Data, Document, Path, is_list, is_mapping
from core.fields import ANY, matches

#: What belongs to the person's own code is carried as it is.
_OWN: Final[tuple[Path, ...]] = (
    ("plugins", "custom", ANY, "config"),
    ("storage", "config"),
    ("deployments", ANY, "config"),
)


def without_empty_values(document: Document) -> Document:
    """The same document without keys that have no value; their places stay known."""
    return replace(document, data=_kept(document.data, ()))


def _kept(data: Data, path: Path) -> Data:
    if is_mapping(data):
        return data if _is_own(path) else dict(_entries(data, path))
    if is_list(data):
        return [_kept(value, (*path, index)) for index, value in enumerate(data)]
    return data


def _entries(data: dict[str, object], path: Path) -> Iterator[tuple[str, object]]:
    for key, value in data.items():
        if value is not None:
            yield key, _kept(value, (*path, key))


def _is_own(path: Path) -> bool:
    return any(matches(path, pattern) for pattern in _OWN)
