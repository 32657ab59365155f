"""How the command ends, for scripts. `run` of a bundle ends as the agent's process did."""

from __future__ import annotations

from enum import IntEnum


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
