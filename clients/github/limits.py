"""What an answer says about rate limits. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

#: What GitHub asks for where a secondary limit names no time.
SECONDARY_SECONDS: Final = 60


def wait_seconds(status: int, headers: Mapping[str, str], message: str, *, now: float) -> int | None:
    """How long to ask for nothing; None where the answer is about something else. `now` is seconds since 1970."""
    if status not in (403, 429):
        return None
    after = headers.get("retry-after", "")
    if after.isdecimal():
        return max(1, int(after))
    reset = headers.get("x-ratelimit-reset", "")
    if headers.get("x-ratelimit-remaining") == "0" and reset.isdecimal():
        return max(1, int(reset) - int(now) + 1)
    return SECONDARY_SECONDS if status == 429 or "secondary rate limit" in message.lower() else None
