"""Whether an agent at a vendor answers: its /health, at the address that the vendor gave."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from threading import Event
from typing import Final
from urllib.parse import urlsplit

import httpx

from clients.vendor_api import authorities
from core.errors import ProjectError

_FIRST_PAUSE_SECONDS: Final = 0.1
_LONGEST_PAUSE_SECONDS: Final = 2.0


def unhealthy_because(
    address: str, *, edge: str = "", headers: Mapping[str, str] | None = None, timeout_seconds: float = 10.0
) -> str:
    """What it said instead of that it is well, "" where it is. `edge` is asked in the address's place, by its name."""
    url = edge or address
    sent = {**(headers or {}), **({"Host": urlsplit(address).netloc} if edge else {})}
    path = urlsplit(address).path.rstrip("/")
    try:
        url = f"{_origin(url)}{path}/health"
        answer = httpx.get(url, headers=sent, timeout=timeout_seconds, verify=authorities())
    except httpx.TransportError as error:
        return f"it cannot be reached ({type(error).__name__})"
    return "" if answer.status_code == httpx.codes.OK else f"/health answered {answer.status_code}"


def wait_until_healthy(
    address: str,
    seconds: float,
    check: Callable[[], None],
    *,
    edge: str = "",
    headers: Mapping[str, str] | None = None,
) -> None:
    """Raises ProjectError release_unhealthy, and whatever `check` raises, which is asked between two looks. `headers`
    choose the version, at vendors where a header does."""
    deadline, pause = time.monotonic() + seconds, _FIRST_PAUSE_SECONDS
    while reason := unhealthy_because(address, edge=edge, headers=headers):
        if time.monotonic() >= deadline:
            raise ProjectError(
                "release_unhealthy",
                f"The agent at {address} is not healthy after {seconds:.0f} s: {reason}.",
                "Look at its log; a missing variable is the most frequent reason.",
            )
        check()
        Event().wait(pause)
        pause = min(pause * 1.5, _LONGEST_PAUSE_SECONDS)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
