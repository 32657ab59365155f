"""What the build has to say about a project: one finding per problem, each with a place and a way out."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from core.targets import Target


class Severity(StrEnum):
    """An error stops the build, a warning does not, an info says what was done on the person's behalf."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in a file of the project. Lines and columns count from 1; 0 means that the place is unknown."""

    file: str = ""
    line: int = 0
    column: int = 0


@dataclass(frozen=True, slots=True)
class Frame:
    """Lines of the file around a finding, as they may be shown. `start` is the number of the first one; `column` is
    where the finding is in its own line as it is here, 0 where nobody can say."""

    start: int
    lines: tuple[str, ...]
    column: int = 0

    def as_dict(self) -> dict[str, object]:
        return {"start": self.start, "lines": list(self.lines), "column": self.column}


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem or remark. `targets` is empty when every target is concerned; `code` is in `core.codes`."""

    severity: Severity
    code: str
    sentence: str
    next_step: str = ""
    file: str = ""
    line: int = 0
    column: int = 0
    targets: tuple[Target, ...] = field(default=())
    #: How it looks, not what it is: the same finding with and without one is said once.
    frame: Frame | None = field(default=None, compare=False)

    def as_dict(self) -> dict[str, object]:
        """The form that the CLI prints and the API answers; `frame` is there where there is one."""
        framed = {"frame": self.frame.as_dict()} if self.frame else {}
        return {
            "severity": self.severity.value,
            "code": self.code,
            "file": self.file,
            "line": self.line,
            "column": self.column,
            "message": self.sentence,
            "hint": self.next_step,
            "targets": [target.value for target in self.targets],
            **framed,
        }


def frame_of(finding: Mapping[str, Any]) -> Frame | None:
    """Of a finding in its form for programs; findings of earlier builds have none."""
    kept = finding.get("frame")
    return Frame(kept["start"], tuple(kept["lines"]), kept["column"]) if kept else None


def finding_of(kept: Mapping[str, Any]) -> Finding:
    """From its form for programs, as an installation answers it."""
    targets = tuple(Target(one) for one in kept["targets"])
    place = Position(kept["file"], kept["line"], kept["column"])
    found = at(
        place, Severity(kept["severity"]), kept["code"], kept["message"], next_step=kept["hint"], targets=targets
    )
    return replace(found, frame=frame_of(kept))


#: What a stranger wrote may be quoted in a sentence, and may have a megabyte.
MAX_SENTENCE = 600


def at(
    position: Position,
    severity: Severity,
    code: str,
    sentence: str,
    *,
    next_step: str = "",
    targets: tuple[Target, ...] = (),
) -> Finding:
    """A finding at a place."""
    said, step = _bounded(sentence), _bounded(next_step)
    return Finding(severity, code, said, step, position.file, position.line, position.column, targets)


def _bounded(text: str) -> str:
    return text if len(text) <= MAX_SENTENCE else f"{text[: MAX_SENTENCE - 1]}…"


def has_errors(findings: Iterable[Finding]) -> bool:
    """Whether the build has to stop."""
    return any(finding.severity is Severity.ERROR for finding in findings)


def not_said_before(findings: Iterable[Finding], before: Iterable[Finding]) -> Iterator[Finding]:
    """A value that could not be read or expanded breaks the structure too; the first reason is the one to know."""
    said = {(one.line, one.column) for one in before if one.severity is Severity.ERROR}
    return (finding for finding in findings if (finding.line, finding.column) not in said)


_RANK = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}


def in_reading_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """By file and line, worst first within a place; said twice is said once."""
    unique = dict.fromkeys(findings)
    return tuple(sorted(unique, key=lambda one: (one.file, one.line, one.column, _RANK[one.severity], one.code)))
