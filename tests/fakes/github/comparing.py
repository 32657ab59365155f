"""What lies between two commits, as git counts it."""

from __future__ import annotations

from typing import Any

from tests.fakes.github import shapes
from tests.fakes.github.world import Repository, World
from tests.git import git

_FILES = 300
_WORDS = {"A": "added", "D": "removed", "R": "renamed", "C": "copied", "T": "changed"}
_RELATIONS = {(False, False): "identical", (True, False): "ahead", (False, True): "behind"}


def compared(world: World, repository: Repository, first: str, last: str) -> dict[str, Any]:
    folder, between = repository.folder, f"{first}...{last}"
    behind, ahead = map(int, git(folder, "rev-list", "--left-right", "--count", between).split())
    ancestor = git(folder, "merge-base", first, last)
    commits = git(folder, "rev-list", "--reverse", f"{first}..{last}").splitlines()
    url = f"{world.url}/api/v3/repos/{repository.full_name}/compare/{between}"
    web = f"{world.url}/{repository.full_name}/compare/{between}"
    return {
        "url": url,
        "html_url": web,
        "permalink_url": web,
        "diff_url": f"{web}.diff",
        "patch_url": f"{web}.patch",
        "base_commit": shapes.commit(world, repository, first),
        "merge_base_commit": shapes.commit(world, repository, ancestor),
        "status": _RELATIONS.get((ahead > 0, behind > 0), "diverged"),
        "ahead_by": ahead,
        "behind_by": behind,
        "total_commits": len(commits),
        "commits": [shapes.commit(world, repository, sha) for sha in commits[-250:]],
        "files": _files(world, repository, ancestor, last)[:_FILES],
    }


def _files(world: World, repository: Repository, first: str, last: str) -> list[dict[str, Any]]:
    lines = git(repository.folder, "diff", "--raw", "--numstat", "--no-abbrev", "-M", first, last).splitlines()
    half = len(lines) // 2  # first what changed, line for line; then how much
    return [
        _file(world, repository, last, raw, counted) for raw, counted in zip(lines[:half], lines[half:], strict=True)
    ]


def _file(world: World, repository: Repository, last: str, raw: str, counted: str) -> dict[str, Any]:
    head, *paths = raw.split("\t")
    _old_mode, _new_mode, _old, blob, letter = head.split()
    added, removed = (int(number) if number.isdigit() else 0 for number in counted.split("\t")[:2])
    web = f"{world.url}/{repository.full_name}"
    status = _WORDS.get(letter[0], "modified")
    return {
        "sha": blob,
        "filename": paths[-1],
        "status": status,
        "additions": added,
        "deletions": removed,
        "changes": added + removed,
        "blob_url": f"{web}/blob/{last}/{paths[-1]}",
        "raw_url": f"{web}/raw/{last}/{paths[-1]}",
        "contents_url": f"{world.url}/api/v3/repos/{repository.full_name}/contents/{paths[-1]}?ref={last}",
        **({"previous_filename": paths[0]} if status in ("renamed", "copied") else {}),
    }
