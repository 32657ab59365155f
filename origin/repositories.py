"""git on the repositories that live here: making them, listing refs, reading commits."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from builds.runner.git import QUIET
from core.errors import PlatformError, UserError

_SECONDS: Final = 30
NULL: Final = "0" * 40  # what a ref is before it is made and after it is deleted
_FIELD: Final = "%x00"
_MOVE: Final = re.compile(r"^([0-9a-f]{40,64}) ([0-9a-f]{40,64}) ", re.MULTILINE)
_SETTINGS: Final = (
    ("http.receivepack", "true"),
    ("uploadpack.allowAnySHA1InWant", "true"),  # a build fetches exactly its commit, also when the branch moved on
    ("receive.fsckObjects", "true"),
    ("core.hooksPath", "/dev/null"),
    ("core.logAllRefUpdates", "true"),  # two pushes before anybody looks are two: see `moves`
    ("gc.auto", "500"),
)


@dataclass(frozen=True, slots=True)
class Commit:
    sha: str
    message: str
    author_name: str
    author_email: str
    at: str  # ISO 8601


def make(path: Path, default_branch: str) -> None:
    _git(["git", "init", "--quiet", "--bare", f"--initial-branch={default_branch}", str(path)])
    for key, value in _SETTINGS:
        _git(["git", "--git-dir", str(path), "config", key, value])


def git_directory(path: Path) -> Path:
    """Of a bare repository or a checkout. Raises UserError where there is none."""
    if not path.is_absolute() or not path.is_dir():
        raise _no_repository(path)
    found = subprocess.run(
        ["git", "-C", str(path), "rev-parse", "--absolute-git-dir"],
        capture_output=True,
        check=False,
        env=environment(),
    )
    if found.returncode != 0:
        raise _no_repository(path)
    return Path(found.stdout.decode().strip())


def refs(path: Path) -> dict[str, str]:
    """Branches and tags with the commits that they point at."""
    listing = _git(
        [
            *("git", "--git-dir", str(path), "for-each-ref"),
            *("--format=%(refname)%00%(objectname)%00%(*objectname)", "refs/heads", "refs/tags"),
        ]
    )
    found = {}
    for line in listing.splitlines():
        name, sha, peeled = line.split("\0")
        found[name] = peeled or sha
    return found


def moves(path: Path, name: str, before: str, after: str) -> list[tuple[str, str]]:
    """Each step of a ref from one commit to another, as git has logged them; one step where it did not.

    The log may say more than that: a push that came meanwhile, and one that was killed between log and ref."""
    log = path / "logs" / name
    if after == NULL or not log.is_file():
        return [(before, after)]
    steps: list[tuple[str, str]] = []
    wanted = after
    for old, new in _logged(log)[::-1]:
        if new != wanted:
            continue
        steps.append((old, new))
        if old == before:
            return steps[::-1]
        wanted = old
    return [(before, after)]


def _logged(log: Path) -> list[tuple[str, str]]:
    """Oldest first, without the lines that a full disk cut."""
    return _MOVE.findall(log.read_text(encoding="utf-8", errors="replace"))


def default_branch(path: Path) -> str:
    head = _git(["git", "--git-dir", str(path), "symbolic-ref", "--short", "HEAD"]).strip()
    return head or "main"


def commit(path: Path, sha: str) -> Commit | None:
    """None when it is gone by now."""
    fields = _FIELD.join(("%H", "%an", "%ae", "%cI", "%B"))
    found = subprocess.run(
        ["git", "--git-dir", str(path), "log", "-1", f"--format={fields}", sha, "--"],
        capture_output=True,
        check=False,
        env=environment(),
        timeout=_SECONDS,
    )
    if found.returncode != 0:
        return None
    full, name, email, at, message = found.stdout.decode("utf-8", "replace").split("\0", 4)
    return Commit(full, message.strip("\n"), name, email, at)


def _git(argv: list[str]) -> str:
    done = subprocess.run(argv, capture_output=True, check=False, env=environment(), timeout=_SECONDS)
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip()[-300:]
        raise PlatformError("git_failed", f"{' '.join(argv[:2])} failed: {said}", "Look at the repository's folder.")
    return done.stdout.decode("utf-8", "surrogateescape")


def environment() -> dict[str, str]:
    trusted = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*"}
    return {**QUIET, **trusted, "PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8"}


def _no_repository(path: Path) -> UserError:
    return UserError("no_repository", f"{path} is not a git repository.", "Name the folder that `git init` was run in.")
