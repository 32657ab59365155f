"""Findings as a person reads them: lines of the file, a caret below the one, what is wrong, what to do."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from builds.frames import framed, printable
from core.findings import Finding, Frame, Severity

if TYPE_CHECKING:  # it loads all that checks a project, and whoever shows one finding has checked nothing
    from core.inspection import Report

_COLORS = {Severity.ERROR: "31", Severity.WARNING: "33", Severity.INFO: "36"}
_BOLD, _DIM = "1", "2"


def render(report: Report, folder: Path, *, color: bool) -> str:
    """The whole report as text."""
    page = _Page(color)
    blocks = [page.block(finding) for finding in framed(report.findings, folder)]
    return "\n".join([*blocks, page.header(report), page.summary(report), ""])


def finding_block(finding: Finding) -> str:
    """One finding as text, with the lines that it brings along."""
    return _Page(color=False).block(finding)


def caret_indent(frame: Frame, line: int) -> str:
    """The blanks before a caret that is to stand below the finding's column."""
    return " " * _cells(frame.lines[line - frame.start][: frame.column - 1])


@dataclass(frozen=True, slots=True)
class _Page:
    color: bool

    def block(self, finding: Finding) -> str:
        label = self._paint(finding.severity.value, _COLORS[finding.severity])
        code = self._paint(f"[{finding.code}]", _DIM)
        parts = [f"{label}{code} {self._paint(printable(finding.sentence), _BOLD)}"]
        if finding.file:
            parts += self._excerpt(finding)
        if finding.targets:
            parts.append(f"  for {', '.join(finding.targets)}")
        if finding.next_step:
            parts.append(f"  → {printable(finding.next_step)}")
        return "\n".join([*parts, ""])

    def header(self, report: Report) -> str:
        agents = ", ".join(str(agent.path) for agent in report.project.agents) or "none"
        variables = ", ".join(variable.name for variable in report.required) or "none"
        return (
            f"Generation {report.project.generation}, agents: {printable(agents)}\n"
            f"Targets: {', '.join(report.targets)}\nRequired variables: {variables}"
        )

    def summary(self, report: Report) -> str:
        counts = Counter(finding.severity for finding in report.findings)
        said = [_counted(counts[severity], severity.value) for severity in Severity if counts[severity]]
        verdict = "ok" if report.ok else "not ok"
        return self._paint(f"{verdict}: {', '.join(said) or 'nothing to say'}", "32" if report.ok else "31")

    def _excerpt(self, finding: Finding) -> list[str]:
        where = f"  {printable(finding.file)}"
        if not finding.line:
            return [where]
        where += f":{finding.line}:{finding.column or 1}"
        return [where, *self._frame(finding.frame, finding)] if finding.frame else [where]

    def _frame(self, frame: Frame, finding: Finding) -> Iterator[str]:
        width = len(str(frame.start + len(frame.lines) - 1))
        for number, line in enumerate(frame.lines, frame.start):
            yield f"  {number:>{width}} | {printable(line)}".rstrip()
            if number == finding.line and frame.column:
                caret = self._paint("^", _COLORS[finding.severity])
                yield f"  {' ' * width} | {caret_indent(frame, number)}{caret}"

    def _paint(self, text: str, style: str) -> str:
        return f"\x1b[{style}m{text}\x1b[0m" if self.color else text


def _cells(text: str) -> int:
    """Columns of a terminal: ideographs and emoji take two, marks that combine none."""
    wide = sum(unicodedata.east_asian_width(one) in "WF" for one in text)
    combining = sum(unicodedata.combining(one) > 0 for one in text)
    return len(text) + wide - combining


def _counted(number: int, noun: str) -> str:
    plural = "" if number == 1 or noun == "info" else "s"
    return f"{number} {noun}{plural}"
