"""The authorities that this machine trusts, read once: reading them takes longer than most requests."""

from __future__ import annotations

import ssl
from functools import cache


@cache
def authorities() -> ssl.SSLContext:
    return ssl.create_default_context()
