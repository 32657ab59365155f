"""Prompts and skills in markdown: what they say about themselves above their text."""

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from core.config.prompts import Frontmatter
from core.document import Document
from core.findings import Finding
from core.structure import read_model
from core.text import decode
from core.yaml_reader import read_yaml

_FENCE = re.compile(r"\A---[ \t]*\r?\n(.*?)^---[ \t]*\r?$", re.DOTALL | re.MULTILINE)
_HEADING = re.compile(r"^#[ \t]+(.+?)[ \t]*$", re.MULTILINE)
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
    if reading.document is None or reading.findings:
        return PromptReading(None, reading.findings)
    document = reading.document if reading.document.data is not None else Document(str(path), {})
    structured = read_model(document, Frontmatter, "frontmatter")
    prompt = _prompt(path, text[fence.end() :], structured.model) if structured.model else None
    return PromptReading(prompt, structured.findings)


def _prompt(path: PurePosixPath, body: str, frontmatter: Frontmatter) -> PromptFile:
    heading = _HEADING.search(body)
    name = path.parent.name if path.name == "SKILL.md" else path.stem
    return PromptFile(
        id=frontmatter.id or name,
        title=frontmatter.title or (heading[1] if heading else name),
        body=body.lstrip("\r\n"),
        frontmatter=frontmatter,
        placeholders=tuple(dict.fromkeys(f"${one[1]}" for one in _PLACEHOLDER.finditer(body) if one[1])),
    )
