"""Agents in outline, and what a change of a project changes in them."""

from __future__ import annotations

from pathlib import PurePosixPath

BASE = PurePosixPath("/project")
