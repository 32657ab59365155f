"""Prompts and skills in markdown: what they say about themselves above their text."""

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from core.config.prompts import Frontmatter
from core.document import Data, Document, Path, Place, Reading
from core.empty_values import without_empty_values
from core.findings import Finding
from core.scalars import NotCarriedError, resolve
from core.structure import read_model
from core.text import decode
from core.yaml_reader import read_yaml

_FENCE = re.compile(r"\A---[ \t]*\r?\n(.*?)^---[ \t]*\r?$", re.DOTALL | re.MULTILINE)
_HEADING = re.compile(r"^#[ \t]+(\S.*)$", re.MULTILINE)
_ENTRY = re.compile(r"([A-Za-z][A-Za-z0-9_-]*):[ \t]*(.*)")
_PLACEHOLDER = re.compile(r"\$\$|\$([1-9](?![0-9])|ARGUMENTS\b)")


@dataclass(frozen=True, slots=True)
class PromptFile:
    """A prompt as its file has it. `placeholders` are the arguments that its text takes."""

    id: str
    title: str
    body: str
    frontmatter: Frontmatter
    placeholders: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PromptReading:
    """The prompt, or None, and why."""

    prompt: PromptFile | None
    findings: tuple[Finding, ...] = ()


def read_prompt(content: bytes, path: PurePosixPath) -> PromptReading:
    """A prompt's file. Its id defaults to the file's name, its title to the first heading."""
    text = decode(content, str(path))
    if isinstance(text, Finding):
        return PromptReading(None, (text,))
    fence = _FENCE.match(text)
    if fence is None:
        return PromptReading(_prompt(path, text, Frontmatter()))
    # A line break in place of the fence keeps the lines' numbers.
    reading = read_yaml(b"\n" + fence[1].encode(), str(path))
    document = _document(reading, fence[1], str(path))
    if document is None:
        return PromptReading(None, reading.findings)
    structured = read_model(document, Frontmatter, "frontmatter")
    prompt = _prompt(path, text[fence.end() :], structured.model) if structured.model else None
    return PromptReading(prompt, structured.findings)


def _document(reading: Reading, text: str, file: str) -> Document | None:
    if any(one.code == "yaml_syntax" for one in reading.findings):
        return _line_by_line(text, file)
    if reading.document is None or reading.findings:
        return None
    return Document(file, {}) if reading.document.data is None else without_empty_values(reading.document)


def _line_by_line(text: str, file: str) -> Document | None:
    """Frontmatter that is no YAML but has one `key: text` per line, as most readers of prompts take it.

    So `argument-hint: [from] [to]` and `description: Use when: …` are what they look like.
    """
    data: dict[str, Data] = {}
    places: dict[Path, Place] = {}
    for number, line in enumerate(text.split("\n"), start=2):
        entry = _ENTRY.fullmatch(line.rstrip())
        if entry is None and line.strip():
            return None
        if entry and entry[2]:
            data[entry[1]] = _plain(entry[2])
            places[(entry[1],)] = (number, entry.start(2) + 1)
    return Document(file, data, places)


def _plain(text: str) -> Data:
    quoted = text[0] in "\"'" and text[-1] == text[0] and len(text) > 1
    try:
        return text[1:-1] if quoted else resolve(text)
    except NotCarriedError:
        return text


def _prompt(path: PurePosixPath, body: str, frontmatter: Frontmatter) -> PromptFile:
    heading = _HEADING.search(body)
    name = path.parent.name if path.name == "SKILL.md" else path.stem
    return PromptFile(
        id=frontmatter.id or name,
        title=frontmatter.title or (heading[1].rstrip() if heading else name),
        body=body.lstrip("\r\n"),
        frontmatter=frontmatter,
        placeholders=tuple(dict.fromkeys(f"${one[1]}" for one in _PLACEHOLDER.finditer(body) if one[1])),
    )
