"""Sends a webhook delivery the way GitHub does: signed over its raw bytes."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

import httpx

from core.errors import AwayError, PlatformError


@dataclass(frozen=True, slots=True)
class SignedDelivery:
    url: str
    guid: str
    event: str
    host: str  # which GitHub speaks; github.com itself sends none
    body: bytes = field(repr=False)
    signature: str = field(repr=False)


def send(delivery: SignedDelivery) -> None:
    """Raises AwayError when nobody took it, PlatformError when it was refused; sent again it keeps its id."""
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "GitHub-Hookshot/dexto",
        "X-GitHub-Delivery": delivery.guid,
        "X-GitHub-Event": delivery.event,
        "X-GitHub-Enterprise-Host": delivery.host,
        "X-Hub-Signature-256": delivery.signature,
    }
    try:
        answer = _client().post(delivery.url, content=delivery.body, headers=headers)
    except httpx.HTTPError as error:
        raise _away(type(error).__name__) from error
    if answer.is_server_error:
        raise _away(f"it answered {answer.status_code}")
    if not answer.is_success:
        sentence = f"A delivery was refused: the answer was {answer.status_code}."
        raise PlatformError("delivery_not_sent", sentence, "Look at the secret on both sides.")


@lru_cache(maxsize=1)
def _client() -> httpx.Client:
    """One for the process: each would read the certificates of the whole world anew."""
    return httpx.Client(timeout=10, trust_env=False)


def _away(reason: str) -> AwayError:
    return AwayError("delivery_not_sent", f"Nobody took a delivery: {reason}.", "It is sent again.")
