"""The project's own command that says whether a commit is worth a build: it ends with 0 to skip it.

It runs in a checkout of its own, so that nothing it writes is built; git there knows the whole history.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from builds.runner.checkout import Mirror
from builds.runner.commands import Command
from builds.runner.confinement import Needs, Sandbox
from builds.runner.git import QUIET
from builds.runner.progress import Progress
from core.errors import UserError

#: Its own words go to the log, those on stdout too.
_SHELL: Final = ("/bin/sh", "-c", 'exec >&2; eval "$1"', "sh")
_PATH: Final = "/usr/local/bin:/usr/bin:/bin"


@dataclass(frozen=True, slots=True)
class Ignore:
    """The command, its limit in seconds, and what it is told by variables."""

    command: str
    seconds: float
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Commit:
    sha: str
    tree_sha: str
    root: str


def is_ignored(
    ignore: Ignore, commit: Commit, mirror: Mirror, place: Path, *, sandbox: Sandbox, node: Path, progress: Progress
) -> bool:
    """Anything but 0, also a command that was ended, means that it is built. `place` is a scratch folder."""
    top, repository = place / "checkout", place / "git"
    folder = top / commit.root
    mirror.files(commit.tree_sha)  # refuses what is too large, before a byte is written
    mirror.write(commit.tree_sha, folder, place / "index")
    _write_repository(repository, mirror.path, commit.sha)
    mirror.read_index(commit.sha, repository / "index")
    command = Command((*_SHELL, ignore.command), ignore.seconds, _environment(ignore, top, repository, node), folder)
    try:
        outcome = sandbox.run(command, Needs(reads=(mirror.path, node), writes=(place,)), progress)
    except UserError as error:
        progress.line(f"{error.sentence} It is built.")
        return False
    progress.line(f"It ended with {outcome.exit_code}: {'skipped' if outcome.ok else 'it is built'}.")
    return outcome.ok


def _write_repository(folder: Path, mirror: Path, sha: str) -> None:
    """A repository at this commit that reads the mirror's objects, and cannot change them."""
    for part in ("objects/info", "refs"):
        (folder / part).mkdir(parents=True)
    (folder / "HEAD").write_text(f"{sha}\n")
    (folder / "objects/info/alternates").write_text(f"{mirror.resolve() / 'objects'}\n")
    (folder / "config").write_text("[core]\n\trepositoryformatversion = 0\n\tbare = false\n")


def _environment(ignore: Ignore, top: Path, repository: Path, node: Path) -> dict[str, str]:
    return {
        **QUIET,
        **ignore.variables,
        "PATH": f"{node.parent}:{_PATH}",
        "GIT_DIR": str(repository),
        "GIT_WORK_TREE": str(top),
        "GIT_INDEX_FILE": str(repository / "index"),
        # Inside of a sandbox it is somebody else's.
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "safe.directory",
        "GIT_CONFIG_VALUE_0": "*",
    }
