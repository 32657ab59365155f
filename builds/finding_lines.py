"""Findings as a person reads them: the line of the file, a caret below it, what is wrong, what to do."""

import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from core.findings import Finding, Severity
from core.inspection import Report

_COLORS = {Severity.ERROR: "31", Severity.WARNING: "33", Severity.INFO: "36"}
_BOLD, _DIM = "1", "2"
_WIDTH = 100
_TAB = "    "


def render(report: Report, folder: Path, *, color: bool) -> str:
    """The whole report as text."""
    secret = {(one.file, one.line) for one in report.findings if one.code == "secret_in_file"}
    page = _Page(folder, color, frozenset(secret))
    blocks = [page.block(finding) for finding in report.findings]
    return "\n".join([*blocks, page.header(report), page.summary(report), ""])


def finding_block(finding: Finding, folder: Path) -> str:
    """One finding as text, with its line of the file."""
    return _Page(folder, color=False, secret=frozenset()).block(finding)


@dataclass(slots=True)
class _Page:
    folder: Path
    color: bool
    #: Lines that hold a secret are not shown: what is printed ends up in the logs of a CI job.
    secret: frozenset[tuple[str, int]]
    lines: dict[str, list[str]] = field(default_factory=dict)

    def block(self, finding: Finding) -> str:
        label = self._paint(finding.severity.value, _COLORS[finding.severity])
        code = self._paint(f"[{finding.code}]", _DIM)
        parts = [f"{label}{code} {self._paint(_printable(finding.sentence), _BOLD)}"]
        if finding.file:
            parts += self._excerpt(finding)
        if finding.targets:
            parts.append(f"  for {', '.join(finding.targets)}")
        if finding.next_step:
            parts.append(f"  → {_printable(finding.next_step)}")
        return "\n".join([*parts, ""])

    def header(self, report: Report) -> str:
        agents = ", ".join(str(agent.path) for agent in report.project.agents) or "none"
        variables = ", ".join(variable.name for variable in report.required) or "none"
        return (
            f"Generation {report.project.generation}, agents: {_printable(agents)}\n"
            f"Targets: {', '.join(report.targets)}\nRequired variables: {variables}"
        )

    def summary(self, report: Report) -> str:
        counts = Counter(finding.severity for finding in report.findings)
        said = [_counted(counts[severity], severity.value) for severity in Severity if counts[severity]]
        verdict = "ok" if report.ok else "not ok"
        return self._paint(f"{verdict}: {', '.join(said) or 'nothing to say'}", "32" if report.ok else "31")

    def _excerpt(self, finding: Finding) -> list[str]:
        where = f"  {_printable(finding.file)}"
        if not finding.line:
            return [where]
        where += f":{finding.line}:{finding.column or 1}"
        line = self._line(finding)
        if line is None or (finding.file, finding.line) in self.secret:
            return [where]
        shown, column = _window(line, max(finding.column, 1))
        number = str(finding.line)
        caret = " " * _cells(shown[: column - 1]) + self._paint("^", _COLORS[finding.severity])
        return [where, f"  {number} | {shown}", f"  {' ' * len(number)} | {caret}"]

    def _line(self, finding: Finding) -> str | None:
        if finding.file not in self.lines:
            self.lines[finding.file] = _read_lines(self.folder / finding.file)
        lines = self.lines[finding.file]
        return lines[finding.line - 1] if finding.line <= len(lines) else None

    def _paint(self, text: str, style: str) -> str:
        return f"\x1b[{style}m{text}\x1b[0m" if self.color else text


def _read_lines(path: Path) -> list[str]:
    """A file that a finding is about may be broken, missing, or a link out of the project."""
    if path.is_symlink() or not path.is_file():
        return []
    try:
        # Only what YAML and JSON count as a line break: splitlines() knows more of them.
        return path.read_bytes().decode("utf-8", "replace").removeprefix("\ufeff").split("\n")
    except OSError:
        return []


def _window(line: str, column: int) -> tuple[str, int]:
    """A part of a long line around the column, and the column in it."""
    start = max(0, column - _WIDTH // 2) if len(line) > _WIDTH else 0
    head = line[start : column - 1].replace("\t", _TAB)
    tail = line[column - 1 : start + _WIDTH].replace("\t", _TAB)
    return _printable(head + tail), len(head) + 1


def _printable(text: str) -> str:
    """A stranger's text must not move the cursor of the terminal that shows it."""
    return "".join(one if one.isprintable() or one == " " else "�" for one in text)


def _cells(text: str) -> int:
    """Columns of a terminal: ideographs and emoji take two, marks that combine none."""
    wide = sum(unicodedata.east_asian_width(one) in "WF" for one in text)
    combining = sum(unicodedata.combining(one) > 0 for one in text)
    return len(text) + wide - combining


def _counted(number: int, noun: str) -> str:
    plural = "" if number == 1 or noun == "info" else "s"
    return f"{number} {noun}{plural}"
