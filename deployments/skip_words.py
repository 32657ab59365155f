"""Whether a commit's message asks not to be deployed. Pure."""

from __future__ import annotations

import re
from typing import Final

_WORDS: Final = re.compile(r"\[(?:skip ci|ci skip|no ci|skip actions|actions skip|skip dexto)\]", re.IGNORECASE)
_TRAILER: Final = re.compile(r"^skip-checks:\s*true\s*$", re.IGNORECASE | re.MULTILINE)


def skip_reason(message: str) -> str:
    """The words that say so, or ""."""
    if found := _WORDS.search(message):
        return found.group(0)
    last_paragraph = re.split(r"\n[ \t]*\n", message.strip())[-1] if "\n\n" in message else ""
    return "skip-checks: true" if _TRAILER.search(last_paragraph) else ""
