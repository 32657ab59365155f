"""The git commands of a checkout, as data. A credential goes by the environment, never by argv or .git/config."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

#: No configuration of the machine's users, no prompt, no hook of a stranger.
QUIET: Final[Mapping[str, str]] = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "HOME": "/nonexistent",
}


@dataclass(frozen=True, slots=True)
class Source:
    """Where a repository is fetched from. `authorization` is the value of that HTTP header."""

    url: str
    authorization: str = field(default="", repr=False)

    @property
    def environment(self) -> dict[str, str]:
        is_path = self.url.startswith("/")
        settings = {"protocol.allow": "never", "protocol.file.allow" if is_path else "protocol.https.allow": "always"}
        if is_path:
            settings["safe.directory"] = "*"  # registered by the installation's owner
        if self.url.startswith("http:"):
            settings["protocol.http.allow"] = "always"  # this installation itself, on one machine
        if self.authorization:
            settings["http.extraHeader"] = f"Authorization: {self.authorization}"
        numbered = {
            name: text
            for index, (key, value) in enumerate(settings.items())
            for name, text in ((f"GIT_CONFIG_KEY_{index}", key), (f"GIT_CONFIG_VALUE_{index}", value))
        }
        return {**QUIET, "GIT_CONFIG_COUNT": str(len(settings)), **numbered}


def kept_ref(commit_sha: str) -> str:
    """Keeps a fetched commit from being collected."""
    return f"refs/commits/{commit_sha}"


def init_mirror(mirror: Path) -> list[str]:
    return ["git", "init", "--quiet", "--bare", "--initial-branch=main", str(mirror)]


def has_tree(mirror: Path, sha: str) -> list[str]:
    """Whether it is here, and is a commit or a tree."""
    return ["git", "--git-dir", str(mirror), "cat-file", "-e", f"{sha}^{{tree}}"]


def fetch(mirror: Path, source: Source, commit_sha: str) -> list[str]:
    return [
        *("git", "--git-dir", str(mirror), "-c", "gc.auto=0", "-c", "core.askPass=true"),
        *("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance"),
        *("--no-recurse-submodules", "--", source.url, f"+{commit_sha}:{kept_ref(commit_sha)}"),
    ]


def fetch_alone(mirror: Path, source: Source, commit_sha: str) -> list[str]:
    """Without what came before it: for a look, not for builds, which compare with earlier commits."""
    return [*fetch(mirror, source, commit_sha)[:-3], "--depth=1", *fetch(mirror, source, commit_sha)[-3:]]


def changed_paths(mirror: Path, before: str, after: str) -> list[str]:
    return [
        *("git", "--git-dir", str(mirror), "diff-tree", "-r", "-z", "--name-only", "--no-renames"),
        *("--no-ext-diff", before, after),
    ]


def tree_of(mirror: Path, commit_sha: str, root: str) -> list[str]:
    return ["git", "--git-dir", str(mirror), "rev-parse", "--verify", "--quiet", f"{commit_sha}:{root}"]


def list_tree(mirror: Path, tree_sha: str) -> list[str]:
    return ["git", "--git-dir", str(mirror), "ls-tree", "-r", "-l", "-z", "--full-tree", tree_sha]


def content_of(mirror: Path, tree_sha: str, path: str) -> list[str]:
    return ["git", "--git-dir", str(mirror), "cat-file", "blob", f"{tree_sha}:{path}"]


def read_tree(mirror: Path, tree_sha: str) -> list[str]:
    return ["git", "--git-dir", str(mirror), "read-tree", tree_sha]


def write_files(mirror: Path, folder: Path) -> list[str]:
    return [
        *("git", "--git-dir", str(mirror), "--work-tree", str(folder)),
        *("-c", "core.autocrlf=false", "-c", "core.symlinks=true", "-c", "core.protectNTFS=true"),
        *("-c", "checkout.workers=2", "-c", "checkout.thresholdForParallelism=200"),
        *("checkout-index", "--all", "--force", "--quiet", f"--prefix={folder}/"),
    ]


def repack(mirror: Path) -> list[str]:
    return ["git", "--git-dir", str(mirror), "repack", "-a", "-d", "--quiet"]
