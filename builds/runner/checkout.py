"""Puts exactly one commit's files into a folder, through a mirror that is fetched into."""

from __future__ import annotations

import fcntl
import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import IO, Final

from builds.runner import git
from builds.runner.commands import Command, Outcome, run
from builds.runner.progress import Progress
from core.errors import PlatformError, ProjectError, UserError

_GITLINK: Final = "160000"
_GONE: Final = (
    "not our ref",
    "did not send all necessary objects",
    "couldn't find remote ref",
    "unadvertised object",
)
_REFUSED: Final = ("Authentication failed", "401", "403", "could not read Username")
_INVALID_PATH: Final = re.compile(r"invalid path '(.*)'")
_LOOSE_PACKS: Final = 30


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds and bytes; `files` counts files."""

    fetch_seconds: int
    file_bytes: int
    project_bytes: int
    files: int
    free_disk_bytes: int


@dataclass(frozen=True, slots=True)
class TreeFile:
    path: str
    size: int
    mode: str


@dataclass(frozen=True, slots=True)
class Mirror:
    """The bare repository of one project's repository on this machine."""

    path: Path
    limits: Limits
    progress: Progress

    def fetch(self, source: git.Source, commit_sha: str) -> None:
        """Has the commit here. Raises UserError when it vanished or access is refused."""
        with _locked(self.path, self.progress.check):
            if not (self.path / "HEAD").exists():
                self._git(git.init_mirror(self.path))
            self.path.touch()  # in use: see remove_unused
            if self._run(git.has_tree(self.path, commit_sha)).ok:
                self.progress.line("The commit is here already.")
                return
            self._fetch(source, git.fetch(self.path, source, commit_sha), commit_sha)
            if len(list((self.path / "objects/pack").glob("*.pack"))) > _LOOSE_PACKS:
                self._run(git.repack(self.path))

    def fetch_alone(self, source: git.Source, commit_sha: str) -> None:
        """The commit without its history, into a mirror that is thrown away. Raises what `fetch` raises."""
        self._git(git.init_mirror(self.path))
        self._fetch(source, git.fetch_alone(self.path, source, commit_sha), commit_sha)

    def changed(self, before: str, after: str) -> list[str] | None:
        """The paths that differ between two commits; None where one of them is not here."""
        outcome = self._run(git.changed_paths(self.path, before, after))
        if not outcome.ok:
            return None
        return [path for path in outcome.output.decode("utf-8", "surrogateescape").split("\0") if path]

    def tree(self, commit_sha: str, root: str) -> str:
        """The id of the tree at the project's root."""
        outcome = self._run(git.tree_of(self.path, commit_sha, root))
        found = outcome.output.decode().strip()
        if outcome.ok and (not root or self._run(git.has_tree(self.path, found)).ok):
            return found
        raise ProjectError(
            "root_missing",
            f"There is no folder {root!r} in this commit.",
            "Correct the project's root folder, or add the folder.",
        )

    def files(self, tree_sha: str) -> list[TreeFile]:
        """What the tree holds; submodules are left out. Raises ProjectError where it is over a limit."""
        listing = self._git(git.list_tree(self.path, tree_sha)).decode("utf-8", "surrogateescape")
        files = list(_entries(listing))
        check_sizes(files, self.limits)
        return files

    def content(self, tree_sha: str, path: str) -> bytes:
        return self._git(git.content_of(self.path, tree_sha, path))

    def write(self, tree_sha: str, folder: Path, index: Path) -> None:
        """The tree's files below the folder. `index` is a scratch file of this checkout alone."""
        folder.mkdir(parents=True, exist_ok=True)
        self.read_index(tree_sha, index)
        self._git(git.write_files(self.path, folder), {"GIT_INDEX_FILE": str(index)})

    def read_index(self, sha: str, index: Path) -> None:
        """An index that says what a commit or a tree holds."""
        self._git(git.read_tree(self.path, sha), {"GIT_INDEX_FILE": str(index)})

    def _fetch(self, source: git.Source, argv: list[str], commit_sha: str) -> None:
        outcome = self._run(argv, source.environment, self.progress.line)
        if outcome.ok:
            return
        said = "\n".join(outcome.last_lines)
        if any(words in said for words in _GONE):
            raise UserError(
                "commit_vanished",
                f"The commit {commit_sha[:12]} is no longer in the repository.",
                "It was probably force-pushed over; push again to build what is there now.",
            )
        if any(words in said for words in _REFUSED):
            raise UserError(
                "repository_refused",
                "The repository refused to be read.",
                "Link it again, or give the platform access to it.",
            )
        last = outcome.last_lines[-1] if outcome.last_lines else f"exit code {outcome.exit_code}"
        raise PlatformError("fetch_failed", f"The repository could not be fetched: {last}", "It is tried again.")

    def _git(self, argv: list[str], environment: dict[str, str] | None = None) -> bytes:
        outcome = self._run(argv, environment)
        if outcome.ok:
            return outcome.output
        said = outcome.last_lines[-1] if outcome.last_lines else ""
        if "No space left" in said:
            raise disk_full(self.path)
        if path := _INVALID_PATH.search(said):
            raise _path_refused(path[1])
        raise PlatformError("git_failed", f"git {argv[3]} failed: {said}", "It is tried again.")

    def _run(
        self,
        argv: list[str],
        environment: dict[str, str] | None = None,
        line: Callable[[str], None] = lambda _: None,
    ) -> Outcome:
        command = Command(argv, self.limits.fetch_seconds, {**git.QUIET, **(environment or {})})
        return run(command, check=self.progress.check, line=line)


def check_sizes(files: list[TreeFile], limits: Limits) -> None:
    """Before a byte is written: a repository can name more than the disk holds."""
    if len(files) > limits.files:
        raise ProjectError(
            "too_many_files",
            f"The project has {len(files):,} files; at most {limits.files:,} are built.",
            "Leave data out of the repository, or point the project's root at a folder below.",
        )
    for file in files:
        if file.size > limits.file_bytes:
            raise ProjectError(
                "file_too_large",
                f"{file.path} has {file.size:,} bytes; at most {limits.file_bytes:,} are allowed.",
                "Move it to an s3 data source, or keep it out of the repository.",
                file=file.path,
            )
    total = sum(file.size for file in files)
    if total > limits.project_bytes:
        raise ProjectError(
            "project_too_large",
            f"The project has {total:,} bytes; at most {limits.project_bytes:,} are allowed.",
            "Move large files to an s3 data source.",
        )


def check_disk(folder: Path, limits: Limits) -> None:
    if shutil.disk_usage(folder).free < limits.free_disk_bytes:
        raise disk_full(folder)


def disk_full(folder: Path) -> PlatformError:
    free = shutil.disk_usage(folder).free // 1_000_000
    return PlatformError(
        "disk_full",
        f"The builder's disk is full: {free} MB are free.",
        "Free some space; the build goes on by itself.",
    )


def _path_refused(path: str) -> ProjectError:
    return ProjectError(
        "path_outside_project",
        f"The commit holds a path that leaves the project, or is git's own: {path}",
        "Remove it from the repository; no git client makes such a path by itself.",
        file=path,
    )


def _entries(listing: str) -> Iterator[TreeFile]:
    for entry in listing.split("\0"):
        if entry:
            about, _, path = entry.partition("\t")
            mode, _kind, _sha, size = about.split()
            if mode != _GITLINK:
                yield TreeFile(path, int(size), mode)


def remove_unused(folder: Path, *, seconds: float) -> int:
    """Mirrors that no build has used for so long; returns how many. One that is being fetched into is in use."""
    removed = 0
    for mirror in folder.glob("*.git"):
        with mirror.with_suffix(".lock").open("w") as lock:
            if _taken(lock) and time.time() - mirror.stat().st_mtime > seconds:
                shutil.rmtree(mirror, ignore_errors=True)
                removed += 1
    return removed


@contextmanager
def _locked(mirror: Path, check: Callable[[], None]) -> Iterator[None]:
    """One fetch at a time; the lock goes with its process. A build that waits can still be cancelled."""
    mirror.parent.mkdir(parents=True, exist_ok=True)
    with mirror.with_suffix(".lock").open("w") as lock:
        while not _taken(lock):
            check()
            Event().wait(0.05)
        yield


def _taken(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
