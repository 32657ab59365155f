"""Reads YAML into data with positions, and never trusts it: sizes, depth, aliases and tags are bounded.

It works on libyaml's events, not on nodes, because the composer recurses and knows no limits; measured, it
is also sixty times faster than a round-trip reader. Syntax is libyaml's, values are those of YAML 1.2 (see
core.scalars).
"""

import re
from dataclasses import dataclass, field

from yaml import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    MarkedYAMLError,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    YAMLError,
)
from yaml.cyaml import CBaseLoader
from yaml.reader import ReaderError

from core.document import Data, Document, Path, Place, Reading
from core.findings import Finding, Position, Severity, at
from core.scalars import NotCarriedError, resolve
from core.text import decode, place_of_offset

MAX_DEPTH = 64
#: Counted as if every alias were written out, and a text once more for each hundred characters: a few lines of
#: aliases can stand for gigabytes of text.
MAX_NODES = 50_000
_CHARACTERS_PER_NODE = 100
#: More than a person reads; a hostile file could have one per value.
MAX_FINDINGS = 100
#: libyaml compares each %TAG line with all before it.
_MAX_TAG_LINES = 8
_TAG_LINE = re.compile(r"^%TAG", re.MULTILINE)
_YAML_ORG = "tag:yaml.org,2002:"
_DUPLICATE = "\0duplicate"
_CONTAINER_TAGS = frozenset({None, "!", f"{_YAML_ORG}map", f"{_YAML_ORG}seq"})
_SCALAR_TAGS = frozenset({None, "!", *(f"{_YAML_ORG}{name}" for name in ("str", "int", "float", "bool", "null"))})


def read_yaml(content: bytes, file: str) -> Reading:
    """The one document of a file, and every problem with its line."""
    text = decode(content, file)
    if isinstance(text, Finding):
        return Reading(None, (text,))
    builder = _Builder(file)
    try:
        _refuse_many_tags(text)
        builder.read(text)
    except _UnreadableError as error:
        builder.report(error.place, error.code, error.sentence, error.next_step)
        return Reading(None, tuple(builder.findings))
    except ReaderError as error:
        # libyaml counts bytes of UTF-8.
        place = place_of_offset(text.encode(), error.position)
        builder.report(place, "yaml_syntax", f"YAML does not allow this character: {error.reason}")
        return Reading(None, tuple(builder.findings))
    except MarkedYAMLError as error:
        builder.report(*_syntax(error))
        return Reading(None, tuple(builder.findings))
    except YAMLError as error:
        builder.report((1, 1), "yaml_syntax", f"This is not YAML: {error}")
        return Reading(None, tuple(builder.findings))
    document = Document(file, builder.root, builder.values, builder.keys)
    return Reading(document, tuple(builder.findings))


class _UnreadableError(Exception):
    """Reading stops here; what was read before is of no use."""

    def __init__(self, place: Place, code: str, sentence: str, next_step: str = "") -> None:
        super().__init__(sentence)
        self.place, self.code, self.sentence, self.next_step = place, code, sentence, next_step


@dataclass(slots=True)
class _Anchored:
    """A node that an alias may repeat, and how many nodes it is when written out."""

    value: Data
    weight: int


@dataclass(slots=True)
class _Frame:
    """A mapping or list that is still open."""

    container: dict[str, Data] | list[Data]
    path: Path
    anchor: str | None
    weight_before: int
    key: str | None = None
    #: The key is a duplicate: its value is read, and left out.
    ignored: bool = False


@dataclass(slots=True)
class _Builder:
    """Turns events into data. One method per event."""

    file: str
    root: Data = None
    values: dict[Path, Place] = field(default_factory=dict)
    keys: dict[Path, Place] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    stack: list[_Frame] = field(default_factory=list)
    anchors: dict[str, _Anchored | None] = field(default_factory=dict)
    weight: int = 0
    documents: int = 0

    def report(self, place: Place, code: str, sentence: str, next_step: str = "") -> None:
        position = Position(self.file, *place)
        self.findings.append(at(position, Severity.ERROR, code, sentence, next_step=next_step))

    def read(self, text: str) -> None:
        parser = CBaseLoader(text)
        while (event := parser.get_event()) is not None:
            if isinstance(event, ScalarEvent):
                self._scalar(event)
            elif isinstance(event, (MappingStartEvent, SequenceStartEvent)):
                self._open(event)
            elif isinstance(event, (MappingEndEvent, SequenceEndEvent)):
                self._close()
            elif isinstance(event, AliasEvent):
                self._alias(event)
            elif isinstance(event, DocumentStartEvent):
                self._document(event)
            if len(self.findings) >= MAX_FINDINGS:
                raise _UnreadableError(_place(event), "too_many_findings", "Reading stops here: too many problems")

    def _document(self, event: DocumentStartEvent) -> None:
        self.documents += 1
        if self.documents > 1:
            raise _UnreadableError(
                _place(event),
                "yaml_several_documents",
                "A second YAML document starts here; the file must hold one",
                "Remove the line `---` or move what follows into a file of its own.",
            )

    def _scalar(self, event: ScalarEvent) -> None:
        weight = 1 + len(event.value) // _CHARACTERS_PER_NODE
        self._count(weight, event)
        if "\0" in event.value:  # halves of surrogate pairs libyaml refuses by itself
            raise _UnreadableError(
                _place(event), "character_not_carried", "This text holds the character NUL", "Remove it."
            )
        frame = self.stack[-1] if self.stack else None
        if frame and isinstance(frame.container, dict) and frame.key is None:
            self._key(frame, event)
            return
        value = self._value(event)
        if event.anchor:
            self.anchors[event.anchor] = _Anchored(value, weight)
        self._place_value(value, _place(event))

    def _key(self, frame: _Frame, event: ScalarEvent) -> None:
        key, place = event.value, _place(event)
        path = (*frame.path, key)
        frame.key = key
        frame.ignored = path in self.keys
        if frame.ignored:
            first = self.keys[path][0]
            self.report(
                place,
                "yaml_duplicate_key",
                f'The key "{_short(key)}" is already there, on line {first}',
                "Keep one of the two.",
            )
        else:
            self.keys[path] = place
        if event.anchor:
            self.anchors[event.anchor] = _Anchored(key, 1 + len(key) // _CHARACTERS_PER_NODE)

    def _value(self, event: ScalarEvent) -> Data:
        tag = event.tag
        if tag not in _SCALAR_TAGS:
            self._unknown_tag(event, str(tag))
            return event.value
        wanted_text = tag in ("!", f"{_YAML_ORG}str") or (tag is None and not event.implicit[0])
        if wanted_text:
            return str(event.value)
        return self._resolved(event)

    def _resolved(self, event: ScalarEvent) -> Data:
        try:
            return resolve(event.value)
        except NotCarriedError:
            self.report(
                _place(event),
                "yaml_number",
                f"{_short(event.value)} is a number that JSON cannot carry",
                "Put it in quotes if it is meant as text.",
            )
            return event.value

    def _open(self, event: MappingStartEvent | SequenceStartEvent) -> None:
        self._count(1, event)
        if len(self.stack) >= MAX_DEPTH:
            raise _UnreadableError(
                _place(event), "yaml_too_deep", f"The nesting goes deeper than {MAX_DEPTH} levels here"
            )
        if event.tag not in _CONTAINER_TAGS:
            self._unknown_tag(event, str(event.tag))
        container: dict[str, Data] | list[Data] = {} if isinstance(event, MappingStartEvent) else []
        path = self._place_value(container, _place(event))
        if event.anchor:
            self.anchors[event.anchor] = None
        self.stack.append(_Frame(container, path, event.anchor, self.weight - 1))

    def _close(self) -> None:
        frame = self.stack.pop()
        if frame.anchor:
            self.anchors[frame.anchor] = _Anchored(frame.container, self.weight - frame.weight_before)

    def _alias(self, event: AliasEvent) -> None:
        name = str(event.anchor)
        anchored = self.anchors.get(name)
        if anchored is None:
            known = name in self.anchors
            sentence = "holds itself" if known else "is not defined before this line"
            raise _UnreadableError(_place(event), "yaml_alias", f'The anchor "{_short(name)}" {sentence}')
        self._count(anchored.weight, event)
        frame = self.stack[-1] if self.stack else None
        if frame and isinstance(frame.container, dict) and frame.key is None:
            raise _UnreadableError(_place(event), "yaml_key", "An alias cannot be a key here")
        self._place_value(anchored.value, _place(event))

    def _place_value(self, value: Data, place: Place) -> Path:
        """Puts a value where it belongs and remembers its place; returns its path."""
        if not self.stack:
            self.root = value
            self.values[()] = place
            return ()
        frame = self.stack[-1]
        if isinstance(frame.container, list):
            path: Path = (*frame.path, len(frame.container))
            frame.container.append(value)
        elif frame.key is None:
            raise _UnreadableError(place, "yaml_key", "A key must be text")
        else:
            path = (*frame.path, frame.key)
            if frame.ignored:
                # Its own keys are no duplicates of the first one's.
                path = (*path, _DUPLICATE, place[0], place[1])
            else:
                frame.container[frame.key] = value
            frame.key = None
        self.values.setdefault(path, place)
        return path

    def _count(self, nodes: int, event: NodeEvent) -> None:
        self.weight += nodes
        if self.weight > MAX_NODES:
            raise _UnreadableError(
                _place(event),
                "yaml_too_many_nodes",
                f"The file has more than {MAX_NODES:,} values here, aliases written out",
            )

    def _unknown_tag(self, event: NodeEvent, tag: str) -> None:
        self.report(
            _place(event),
            "yaml_tag",
            f'The tag "{_short(tag)}" means nothing here',
            "Remove it: values are plain YAML.",
        )


def _refuse_many_tags(text: str) -> None:
    lines = [match.start() for match in _TAG_LINE.finditer(text)]
    if len(lines) > _MAX_TAG_LINES:
        line = text.count("\n", 0, lines[_MAX_TAG_LINES]) + 1
        raise _UnreadableError((line, 1), "yaml_tag", "There are too many %TAG lines", "Remove them.")


def _place(event: Event) -> Place:
    mark = event.start_mark
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)


def _syntax(error: MarkedYAMLError) -> tuple[Place, str, str, str]:
    mark = error.problem_mark or error.context_mark
    place = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    problem = f"{error.context}, {error.problem}" if error.context else str(error.problem)
    tab = "'\\t'" in problem or "\t" in problem
    next_step = "Indent with blanks: YAML does not allow tabs." if tab else ""
    return place, "yaml_syntax", f"This is not YAML: {problem}", next_step


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}…"
