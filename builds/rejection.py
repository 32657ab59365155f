"""The error that ends a build whose project has errors."""

from __future__ import annotations

from core.codes import explain
from core.errors import ProjectError
from core.findings import Finding, Severity


class ProjectInvalidError(ProjectError):
    """The project has errors; `findings` are all of them."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        errors = [finding for finding in findings if finding.severity is Severity.ERROR]
        first = errors[0]
        more = f" ({len(errors) - 1} more)" if len(errors) > 1 else ""
        super().__init__(first.code, f"{first.sentence}{more}", _next_step(first), first.file, first.line)
        self.findings = findings


def _next_step(finding: Finding) -> str:
    """Its own; else what is said of its code."""
    explanation = explain(finding.code)
    return finding.next_step or (explanation.next_step if explanation else "")
