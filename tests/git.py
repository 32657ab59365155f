"""Real repositories for tests."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

_IDENTITY = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@example.com",
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@example.com",
    "HOME": "/nonexistent",
}


def git(folder: Path, *arguments: str, text: str | None = None, environment: Mapping[str, str] | None = None) -> str:
    """What it prints; `text` is what it reads."""
    done = subprocess.run(
        ["git", *arguments],
        cwd=folder,
        env={"PATH": os.environ["PATH"], **_IDENTITY, **(environment or {})},
        input=text,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def repository(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init", "--quiet", "--initial-branch=main", ".")
    return folder


def commit(folder: Path, message: str = "a change") -> str:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "--message", message)
    return git(folder, "rev-parse", "HEAD")


def tree_of(folder: Path, entries: list[tuple[str, str, str]], *, as_commit: bool = False) -> str:
    """A tree that git itself would refuse to make: (mode, name, content), where a folder's content is its tree."""
    raw = b"".join(
        f"{mode.lstrip('0')} {name}".encode() + b"\0" + bytes.fromhex(_object_of(folder, mode, content))
        for mode, name, content in entries
    )
    tree = _stored(folder, "tree", raw)
    if not as_commit:
        return tree
    sha = git(folder, "commit-tree", tree, "-m", "strange")
    git(folder, "update-ref", f"refs/heads/strange-{sha[:8]}", sha)
    return sha


def _object_of(folder: Path, mode: str, content: str) -> str:
    return content if mode in ("040000", "160000") else _stored(folder, "blob", content.encode())


def _stored(folder: Path, kind: str, raw: bytes) -> str:
    done = subprocess.run(
        ["git", "hash-object", "-t", kind, "-w", "--stdin", "--literally"],
        cwd=folder,
        env={"PATH": os.environ["PATH"], **_IDENTITY},
        input=raw,
        capture_output=True,
        check=True,
    )
    return done.stdout.decode().strip()
