"""When to send: pure decisions about time, which the operation carries out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

#: So many messages to one target within so long; what comes on top of that is summed up.
BURST: Final = 5
WINDOW: Final = timedelta(minutes=5)
#: Seconds between one try and the next: eight tries in about a day.
PAUSES: Final = (10, 60, 300, 1_800, 7_200, 21_600, 43_200)
ATTEMPTS: Final = len(PAUSES) + 1
_LONGEST_ASKED: Final = 43_200


@dataclass(frozen=True, slots=True)
class Plan:
    """How many of those that wait go into the next message; none, and then `wait` is how long nothing is sent."""

    taken: int
    wait: timedelta = timedelta()


def plan(waiting: int, told: Sequence[datetime], now: datetime) -> Plan:
    """`told` is when messages went to the target. While there is room each goes by itself; what would not find room
    goes together, in the last message that does."""
    recent = sorted(moment for moment in told if moment > now - WINDOW)
    room = BURST - len(recent)
    if room <= 0:
        return Plan(0, recent[-BURST] + WINDOW - now)
    return Plan(min(waiting, 1) if waiting <= room else waiting)


def pause_after(attempts: int, asked: int | None = None) -> timedelta | None:
    """Until the next try, after so many; None when it is given up. A receiver may ask for longer, up to half a day."""
    if attempts >= ATTEMPTS:
        return None
    return timedelta(seconds=max(PAUSES[attempts - 1], min(asked or 0, _LONGEST_ASKED)))
