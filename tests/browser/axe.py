"""axe-core in a page: what keeps somebody from using it, by the rules of WCAG 2.2 A and AA."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

_SCRIPT = Path(__file__).resolve().parents[2] / "runtime" / "node_modules" / "axe-core" / "axe.min.js"
_RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
_RUN = "only => axe.run(document, {runOnly: only, resultTypes: ['violations']}).then(found => found.violations)"


def violations(page: Page, only: str = "") -> list[str]:
    """One sentence each, with the element and axe's own words on what is wrong; `only` names one rule."""
    page.evaluate(_script())  # by the debugger: the pages' own rules let no such script in
    return [said for violation in page.evaluate(_RUN, [only] if only else list(_RULES)) for said in _said(violation)]


def _said(violation: dict[str, Any]) -> list[str]:
    return [
        f"{violation['id']}: {node['html'][:160]}: {' '.join(node['failureSummary'].split())}"
        for node in violation["nodes"]
    ]


@cache
def _script() -> str:
    return _SCRIPT.read_text(encoding="utf-8")
