"""Every error that is raised has a code that `dexto-cloud explain` knows, and no code is explained for nothing."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from core.codes import CODES, ERRORS

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = "api builds cli clients core dashboard deployments origin platform projects webhooks".split()  # noqa: SIM905
RAISED_BY = {
    "UserError",
    "PlatformError",
    "AwayError",
    "ProjectError",
    "DextoError",
    "CancelledError",
    "TimeLimitError",
    "AnswerLostError",
    "Known",
    "__init__",
    "_refused",
}


def _codes_in_source() -> Iterator[str]:
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            yield from _codes_in(ast.parse(path.read_text(encoding="utf-8")))


def _codes_in(tree: ast.Module) -> Iterator[str]:
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    for call in calls:
        name = getattr(call.func, "id", getattr(call.func, "attr", ""))
        if name in RAISED_BY and len(call.args) > 1:
            words = [one.value for one in call.args[:2] if isinstance(one, ast.Constant) and isinstance(one.value, str)]
            yield from words[:1]


def test_every_code_that_is_raised_is_explained() -> None:
    assert {code for code in _codes_in_source() if " " not in code} - set(CODES) == set()


def test_every_explained_error_is_raised_somewhere() -> None:
    explained = {entry.code for table in ERRORS for entry in table.CODES}
    assert explained - set(_codes_in_source()) == set()
