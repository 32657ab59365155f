"""Hostnames of deployments, branches, pull requests, production. Pure; the database keeps them unique."""

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import sha256
from typing import Final

MAX_LABEL: Final = 63
_OTHER: Final = re.compile(r"[^a-z0-9]+")


def slug(text: str) -> str:
    """Lower case, every run of other characters one dash, trimmed."""
    return _OTHER.sub("-", text.lower()).strip("-")


def deployment_label(prefix: str, public_id: str) -> str:
    return f"{prefix[: MAX_LABEL - len(public_id) - 1].rstrip('-')}-{public_id}"


def branch_labels(prefix: str, branch: str, *, project_id: int) -> Iterator[str]:
    """The label for a branch, then the one to take when that is another's."""
    plain = f"{prefix}-git-{slug(branch)}"
    if slug(branch) == branch and len(plain) <= MAX_LABEL:
        yield plain
    yield _with_digest(plain, project_id, f"refs/heads/{branch}")


def pull_labels(prefix: str, number: str, *, project_id: int) -> Iterator[str]:
    plain = f"{prefix}-pr-{number}"
    if len(plain) <= MAX_LABEL:
        yield plain
    yield _with_digest(plain, project_id, f"refs/pull/{number}/head")


def production_labels(prefix: str, *, project_id: int) -> Iterator[str]:
    if len(prefix) <= MAX_LABEL:
        yield prefix
    yield _with_digest(prefix, project_id, "")


def destination_prefix(project_slug: str, destination_name: str, *, is_default: bool) -> str:
    return project_slug if is_default else f"{project_slug}-{slug(destination_name)}"


def _with_digest(label: str, project_id: int, raw_ref: str) -> str:
    digest = sha256(f"{project_id}:{raw_ref}".encode()).hexdigest()[:8]
    return f"{label[: MAX_LABEL - 9].rstrip('-')}-{digest}"
