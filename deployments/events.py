"""What the outside can tell us, typed. Whoever receives a payload parses it into one of these."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PushEvent:
    """A ref moved from `before` to `after`, both full commit ids; `after` is None when it was deleted."""

    delivery: str
    ref: str
    before: str
    after: str | None
    message: str = ""
    author: str = ""

    @property
    def branch(self) -> str | None:
        """The branch's raw name; None for tags and other refs."""
        return self.ref.removeprefix("refs/heads/") if self.ref.startswith("refs/heads/") else None


@dataclass(frozen=True, slots=True)
class PullRequestEvent:
    """Where a pull request stands now. `head_branch` of a fork is "owner:branch"."""

    delivery: str
    number: int
    is_open: bool
    is_fork: bool
    head_branch: str
    head_sha: str
    title: str = ""
    author: str = ""
