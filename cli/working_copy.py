"""Which commit a folder holds, as far as git and the CI job that runs here can say."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_GIT_SECONDS: Final = 30
_BRANCH: Final = "refs/heads/"


@dataclass(frozen=True, slots=True)
class WorkingCopy:
    """`commit` is "" where the folder is none, or has changes that no commit has."""

    branch: str = ""
    commit: str = ""
    message: str = ""
    author: str = ""


def working_copy(folder: Path, environment: Mapping[str, str]) -> WorkingCopy:
    """What is not known stays empty: a folder without git can be deployed too."""
    commit, author, message = (*_git(folder, "log", "-1", "--format=%H%x00%an%x00%B").split("\0", 2), "", "")[:3]
    branch = _branch(folder, environment)
    if commit and _git(folder, "status", "--porcelain", "--", "."):
        return WorkingCopy(branch, "", f"{commit[:7]} with changes: {message}", author)
    return WorkingCopy(branch, commit, message, author)


def remote_url(folder: Path, remote: str) -> str:
    """Where a remote of the working copy is; "" where there is none of that name."""
    return _git(folder, "remote", "get-url", "--", remote)


def _branch(folder: Path, environment: Mapping[str, str]) -> str:
    """A CI job checks out a commit, and says the branch itself."""
    if head := environment.get("GITHUB_HEAD_REF", ""):
        return head
    ref = environment.get("GITHUB_REF", "")
    if ref.startswith(_BRANCH):
        return ref.removeprefix(_BRANCH)
    return _git(folder, "symbolic-ref", "--quiet", "--short", "HEAD")


def _git(folder: Path, *arguments: str) -> str:
    """Its answer; "" where there is no git, or no repository."""
    program = shutil.which("git")
    if program is None:
        return ""
    done = subprocess.run(
        [program, "-C", str(folder), *arguments],
        capture_output=True,
        check=False,
        timeout=_GIT_SECONDS,
        stdin=subprocess.DEVNULL,
    )
    return done.stdout.decode("utf-8", "replace").strip() if done.returncode == 0 else ""
