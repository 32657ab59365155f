"""Variables at vendors that keep one collection for each service, ours beside those that somebody set by hand there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from clients.vendor_api import bounded
from deployments.platforms.cloud import Release

#: Proves that the service is ours, where the vendor has nothing else for that.
MARK: Final = "DEXTO_CLOUD_MARK"
#: Which of the collection are ours: what a later release does without is taken away, and nothing else.
NAMES: Final = "DEXTO_CLOUD_VARIABLES"
_NO_WORDS: Final = ("at ", "Node.js v")


def collection(existing: Mapping[str, str], ours: Mapping[str, str], mark: str) -> dict[str, str]:
    """All that are to be there: these, and what is somebody else's."""
    gone = {*existing.get(NAMES, "").split(), MARK, NAMES}
    others = {name: value for name, value in existing.items() if name not in gone}
    return {**others, **ours, MARK: mark, NAMES: " ".join(sorted(ours))}


def last_words(lines: Iterable[str], release: Release) -> str:
    """Where an agent's log says what was wrong, or its end, without what nobody may read."""
    said = [words for line in lines if (words := line.strip()) and not words.startswith(_NO_WORDS)]
    text = next((words for words in reversed(said) if "rror" in words), said[-1] if said else "")
    for name in release.secrets:
        if value := release.variables.get(name):
            text = text.replace(value, "•••")
    return bounded(text)
