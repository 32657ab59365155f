"""The lines of the file around a finding, taken while the file is there: who reads the finding has no checkout.

What is shown of them is bounded and printable, and never a secret.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from builds.redaction import tokens_only
from core.findings import Finding, Frame, Severity
from core.secret_lines import secret_lines

HIDDEN: Final = "(not shown: it may hold a secret)"
#: Above and below the line itself.
AROUND: Final = 2
#: Characters of a line.
WIDTH: Final = 160
#: Of one report; the others have their place only.
MAX_FRAMES: Final = 50
_MAX_BYTES: Final = 1_000_000
_TAB: Final = "    "


def framed(findings: Iterable[Finding], folder: Path, *, beside: Iterable[Finding] = ()) -> tuple[Finding, ...]:
    """The same, the first of them with their lines, errors before others. `beside` is what else was found in there."""
    all_of_them = tuple(findings)
    secret = {(one.file, one.line) for one in (*all_of_them, *beside) if one.code == "secret_in_file"}
    source = _Source(folder.resolve(), frozenset(secret))
    order = sorted(range(len(all_of_them)), key=lambda index: all_of_them[index].severity is not Severity.ERROR)
    frames = {index: source.frame(all_of_them[index]) for index in order[:MAX_FRAMES]}
    return tuple(replace(one, frame=frames.get(index)) for index, one in enumerate(all_of_them))


def cleaned(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Those that were made elsewhere, with no more in their frames than would be in ours."""
    room = iter(range(MAX_FRAMES))
    return tuple(
        replace(one, frame=_cleaned(one.frame) if one.frame and next(room, None) is not None else None)
        for one in findings
    )


def _cleaned(frame: Frame) -> Frame:
    hidden = secret_lines(frame.lines)
    return replace(frame, lines=tuple(_shown(line, number in hidden) for number, line in enumerate(frame.lines, 1)))


@dataclass(slots=True)
class _Source:
    """A project's folder. Each file is read once."""

    folder: Path
    secret: frozenset[tuple[str, int]]
    files: dict[str, tuple[list[str], frozenset[int]]] = field(default_factory=dict)

    def frame(self, finding: Finding) -> Frame | None:
        if not (finding.file and finding.line):
            return None
        lines, hidden = self._file(finding.file)
        if finding.line > len(lines):
            return None
        first, last = max(1, finding.line - AROUND), min(len(lines), finding.line + AROUND)
        start = _window_start(finding.column)
        shown = [_shown(lines[number - 1], number in hidden, start) for number in range(first, last + 1)]
        column = 0 if finding.line in hidden else _shown_column(lines[finding.line - 1], finding.column, start)
        return Frame(first, tuple(shown), column)

    def _file(self, name: str) -> tuple[list[str], frozenset[int]]:
        if name not in self.files:
            lines = _read_lines(self.folder / name, self.folder)
            told = {line for file, line in self.secret if file == name}
            self.files[name] = (lines, secret_lines(lines, told))
        return self.files[name]


def _read_lines(path: Path, folder: Path) -> list[str]:
    """A file that a finding is about may be broken, missing, no text, or a link out of the project."""
    try:
        if not path.resolve().is_relative_to(folder) or not path.is_file() or path.stat().st_size > _MAX_BYTES:
            return []
        content = path.read_bytes()
    except (OSError, ValueError, RuntimeError):  # a name with a zero byte, a link that leads to itself
        return []
    if b"\0" in content:
        return []
    # Only what YAML and JSON count as a line break: splitlines() knows more of them.
    lines = content.decode("utf-8", "replace").removeprefix("\ufeff").split("\n")
    return lines[:-1] if len(lines) > 1 and not lines[-1] else lines


def _window_start(column: int) -> int:
    """How much of each line is left out on the left, so that they still stand below each other."""
    return column - WIDTH // 2 if column > WIDTH - 20 else 0


def _shown(line: str, is_hidden: bool, start: int = 0) -> str:
    if is_hidden or tokens_only().text(line) != line:
        return HIDDEN
    return _expanded(line[start : start + WIDTH].rstrip("\r"))[:WIDTH]


def _shown_column(line: str, column: int, start: int) -> int:
    if not column or tokens_only().text(line) != line:
        return 0
    shown = len(_expanded(line[start : column - 1])) + 1
    return shown if shown <= WIDTH else 0


def _expanded(text: str) -> str:
    return printable(text.replace("\t", _TAB))


def printable(text: str) -> str:
    """A stranger's text must not move the cursor of the terminal that shows it."""
    return "".join(one if one.isprintable() or one == " " else "�" for one in text)
