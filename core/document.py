"""A file of the project as data, with the place of every key and value in it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias, TypeGuard

from core.findings import Finding, Position

#: What JSON can hold. Recursive types cost mypy and readers more than they give here.
Data: TypeAlias = object
Step: TypeAlias = str | int
Path: TypeAlias = tuple[Step, ...]
Place: TypeAlias = tuple[int, int]


def is_mapping(value: object) -> TypeGuard[dict[str, object]]:
    """The readers make only `dict` with text keys and `list`."""
    return isinstance(value, dict)


def is_list(value: object) -> TypeGuard[list[object]]:
    """See is_mapping."""
    return isinstance(value, list)


def dotted(path: Sequence[Step]) -> str:
    """How a path is said to a person: `prompts[0].file`."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step[:60]}" if text else step[:60]
    return text


@dataclass(frozen=True, slots=True)
class Document:
    """Data with positions. A path through an alias has its nearest ancestor's place."""

    file: str
    data: Data
    values: Mapping[Path, Place] = field(default_factory=dict)
    keys: Mapping[Path, Place] = field(default_factory=dict)

    def at(self, path: Sequence[Step]) -> Position:
        """Where the value is, or its nearest ancestor with a known place."""
        return self._nearest(tuple(path), self.values)

    def at_key(self, path: Sequence[Step]) -> Position:
        """Where the key is that holds the value; for an item of a list, the item."""
        exact = self.keys.get(tuple(path))
        return Position(self.file, *exact) if exact else self.at(path)

    def resolve(self, loc: Sequence[Step]) -> Path:
        """The path in the data that a pydantic location means: without the tags of unions in it.

        A last step that the data does not have is kept: it names a missing key.
        """
        path: list[Step] = []
        node = self.data
        for index, step in enumerate(loc):
            inside, node = _step(node, step)
            if inside or (index == len(loc) - 1 and is_mapping(node)):
                path.append(step)
        return tuple(path)

    def get(self, path: Sequence[Step]) -> Data:
        """The value at a path, or None."""
        node = self.data
        for step in path:
            inside, node = _step(node, step)
            if not inside:
                return None
        return node

    def strings(self) -> Iterator[tuple[Path, str]]:
        """Every text value with its path, in the order of the file."""
        return _strings(self.data, ())

    def _nearest(self, path: Path, places: Mapping[Path, Place]) -> Position:
        for length in range(len(path), -1, -1):
            place = places.get(path[:length]) or self.keys.get(path[:length])
            if place:
                return Position(self.file, *place)
        return Position(self.file, 1, 1)


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of reading a file. The document is None when nothing in it can be relied on."""

    document: Document | None
    findings: tuple[Finding, ...] = ()


def _step(node: Data, step: Step) -> tuple[bool, Data]:
    """One step down, and whether the data has it."""
    if is_mapping(node) and isinstance(step, str) and step in node:
        return True, node[step]
    if is_list(node) and isinstance(step, int) and 0 <= step < len(node):
        return True, node[step]
    return False, node


def _strings(node: Data, path: Path) -> Iterator[tuple[Path, str]]:
    """Depth first. The readers bound depth and count, also through aliases."""
    if isinstance(node, str):
        yield path, node
    elif is_mapping(node):
        for key, value in node.items():
            yield from _strings(value, (*path, key))
    elif is_list(node):
        for index, value in enumerate(node):
            yield from _strings(value, (*path, index))
