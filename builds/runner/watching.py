"""Whether what changed concerns a project: watch paths, in the patterns of .gitignore. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

import pathspec

_MOST_FILES: Final = 3_000


def concerns(changed: Collection[str] | None, patterns: Sequence[str]) -> bool:
    """Excludes (`!pattern`) first, then includes. When it cannot be told, it does: rather a build too many.

    `changed` None means that nobody knows what changed.
    """
    if not changed or len(changed) > _MOST_FILES:
        return True
    excluded = _matcher([pattern[1:] for pattern in patterns if pattern.startswith("!")])
    included = _matcher([pattern for pattern in patterns if not pattern.startswith("!")])
    left = [path for path in changed if not excluded.match_file(path)]
    return any(included.match_file(path) for path in left) if len(included) else bool(left)


def _matcher(patterns: Sequence[str]) -> pathspec.GitIgnoreSpec:
    return pathspec.GitIgnoreSpec.from_lines(patterns)
