"""Numbers as strangers write them in addresses and headers."""

from __future__ import annotations

import re
from typing import Final

_WHOLE: Final = re.compile(r"-?[0-9]{1,18}")  # no row has a larger one, and Python's own digits are of many scripts


def whole_number(text: str) -> int | None:
    """None where it is none, or larger than anything here."""
    return int(text) if _WHOLE.fullmatch(text) else None
