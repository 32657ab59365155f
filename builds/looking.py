"""A look at a repository before it is linked: what a build would find at one commit. Nothing of it is run."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from django.conf import settings

from builds.bundlers.contract import CHECKED_BASE
from builds.project_loading import inspect_folder
from builds.runner.checkout import Limits, Mirror
from builds.runner.git import Source
from core.inspection import Report

_SECONDS: Final = 25
_MAX_ROOTS: Final = 20
#: Files that only an agent project has.
_SIGNS: Final = frozenset({"agent.yml", "agent.yaml", "deployment.yml", "deployment.yaml"})


@dataclass(frozen=True, slots=True)
class Look:
    """`roots` are the folders that look like a project of their own, the repository's top being ""."""

    report: Report
    roots: tuple[str, ...]


def look(source: Source, commit_sha: str, *, root: str = "") -> Look:
    """Raises UserError and PlatformError as a build's fetch and checkout do."""
    work = Path(settings.DATA_DIR) / "work"
    work.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="look-", dir=work) as scratch:
        mirror = Mirror(Path(scratch) / "mirror.git", _limits(), _Silent())
        mirror.fetch_alone(source, commit_sha)
        roots = _roots([file.path for file in mirror.files(mirror.tree(commit_sha, ""))])
        tree = mirror.tree(commit_sha, root)
        mirror.files(tree)
        mirror.write(tree, Path(scratch) / "project", Path(scratch) / "index")
        return Look(inspect_folder(Path(scratch) / "project", base=CHECKED_BASE), roots)


def _roots(paths: list[str]) -> tuple[str, ...]:
    named = [PurePosixPath(path) for path in paths]
    folders = {_project_of(path.parent) for path in named if path.name in _SIGNS or path.parent.name == "agents"}
    return tuple(sorted(folders, key=lambda folder: (folder.count("/"), folder))[:_MAX_ROOTS])


def _project_of(folder: PurePosixPath) -> str:
    """An agent may lie in the folder `agents` of its project."""
    found = str(folder.parent if folder.name == "agents" else folder)
    return "" if found == "." else found


def _limits() -> Limits:
    return Limits(
        fetch_seconds=_SECONDS,
        file_bytes=settings.MAX_FILE_BYTES,
        project_bytes=settings.MAX_PROJECT_BYTES,
        files=settings.MAX_PROJECT_FILES,
        free_disk_bytes=settings.MIN_FREE_DISK_BYTES,
    )


class _Silent:
    """A Progress for nobody."""

    @contextmanager
    def step(self, _name: str) -> Iterator[None]:
        yield

    def line(self, _text: str) -> None:
        """A person waits for the end, not for lines."""

    def check(self) -> None:
        """Nobody cancels a look: it is over soon."""
