"""Agents in outline, and what a change of a project changes in them."""

from __future__ import annotations

from pathlib import PurePosixPath

from core.inspection import Question, inspect
from core.outline import changes, outline_of
from tests.core.projects import Files, no_scripts

BASE = PurePosixPath("/project")
