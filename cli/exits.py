"""How the command ends, for people and for scripts. `run` of a bundle ends as the agent's process did."""

from __future__ import annotations

import json as jsons
import sys
from enum import IntEnum

from core.errors import DextoError, UserError


class Exit(IntEnum):
    """The codes, and what each says."""

    OK = 0
    FAILED = 1
    USAGE = 2
    PLATFORM = 3

    @property
    def meaning(self) -> str:
        return _MEANINGS[self]


_MEANINGS = {
    Exit.OK: "It is done.",
    Exit.FAILED: "It is not done, and you can mend it: a finding, a wrong name, a deployment that failed.",
    Exit.USAGE: "The command was typed wrongly: nothing was asked of anybody.",
    Exit.PLATFORM: "The installation or a vendor failed or does not answer: try again.",
}


def ended_by(error: DextoError, *, json: bool) -> Exit:
    """Says it, and how the command ends. Beside the result: on stderr, whose last line is the JSON."""
    sys.stderr.write(f"{jsons.dumps(error.as_dict()) if json else _words(error)}\n")
    return Exit.FAILED if isinstance(error, UserError) else Exit.PLATFORM


def _words(error: DextoError) -> str:
    place = f"{error.file}:{error.line}: " if error.file else ""
    next_step = f"\n  {error.next_step}" if error.next_step else ""
    return f"{place}{error.sentence} [{error.code}]{next_step}"
