"""Who opens a repository on its code host. The credentials are one app's affair, and what is done with them another's:
whoever keeps the credentials registers an opener, whoever has something to tell asks here."""

from __future__ import annotations

from collections.abc import Callable

from clients.code_host import CodeReports
from projects.models import Repository

Opener = Callable[[Repository], CodeReports | None]
_OPENERS: list[Opener] = []


def register(opener: Opener) -> None:
    """`opener` answers None for a repository that is not its own: kept here, or of no installation (any more)."""
    if opener not in _OPENERS:
        _OPENERS.append(opener)


def forget(opener: Opener) -> None:
    _OPENERS.remove(opener)


def reports_of(repository: Repository) -> CodeReports | None:
    """Where to tell of this repository; None where nobody can be told."""
    for opener in _OPENERS:
        if (found := opener(repository)) is not None:
            return found
    return None
