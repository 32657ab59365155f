"""A deployment's findings as its page shows them: the place, a way to it at the code host, the lines around it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from builds.finding_lines import caret_indent
from core.findings import frame_of
from deployments.models import Deployment
from origin.models import HOST
from projects.models import GitHubApp


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a frame. `caret` is what stands below it: blanks and a caret, "" below the others."""

    number: int
    text: str
    is_marked: bool
    caret: str


@dataclass(frozen=True, slots=True)
class Found:
    """`finding` is as the build kept it; `url` is "" where no code host has the commit."""

    finding: Mapping[str, Any]
    url: str
    lines: tuple[Line, ...]


def found_in(deployment: Deployment) -> list[Found]:
    findings = deployment.findings
    commit = _commit_url(deployment) if any(one.get("file") for one in findings) else ""
    return [Found(one, _url(commit, deployment.project.root, one), _lines(one)) for one in findings]


def _commit_url(deployment: Deployment) -> str:
    """Of what was pushed; an upload may hold more than the commit that it names."""
    repository = deployment.project.repository
    if repository.host == HOST or not deployment.push.after or deployment.push.uploaded:
        return ""
    app = GitHubApp.objects.filter(host=repository.host).only("web_url").first()
    host = app.web_url if app else f"https://{repository.host}"
    return f"{host}/{repository.full_name}/blob/{deployment.push.after}"


def _url(commit: str, root: str, finding: Mapping[str, Any]) -> str:
    file, line = finding.get("file"), finding.get("line")
    if not (commit and file):
        return ""
    return f"{commit}/{quote(str(PurePosixPath(root, file)))}{f'#L{line}' if line else ''}"


def _lines(finding: Mapping[str, Any]) -> tuple[Line, ...]:
    frame, marked = frame_of(finding), finding.get("line", 0)
    if frame is None:
        return ()
    return tuple(
        Line(
            number,
            text,
            number == marked,
            f"{caret_indent(frame, number)}^" if number == marked and frame.column else "",
        )
        for number, text in enumerate(frame.lines, frame.start)
    )
