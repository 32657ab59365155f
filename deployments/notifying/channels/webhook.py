"""A program's own webhook, signed as https://www.standardwebhooks.com says, so that existing libraries verify it."""

from __future__ import annotations

import json
import secrets
import time
from base64 import b64decode, b64encode
from hashlib import sha256
from hmac import digest
from typing import Final

from deployments.notifying.channels.contract import Channel, Outcome, Outgoing
from deployments.notifying.channels.posting import checked_url, post, shown_url

VERSION: Final = 1
_PREFIX: Final = "whsec_"
_SECRET_BYTES: Final = 32


def new_secret() -> str:
    return _PREFIX + b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def body_of(outgoing: Outgoing) -> bytes:
    """The same bytes at each try."""
    (told,) = outgoing.told
    payload = {
        "type": told.event,
        "version": VERSION,
        "timestamp": outgoing.at.isoformat(),
        "data": dict(told.facts),
    }
    return json.dumps(payload, sort_keys=True).encode()


def signature(secret: str, identifier: str, timestamp: int, body: bytes) -> str:
    key = b64decode(secret.removeprefix(_PREFIX))
    return f"v1,{b64encode(digest(key, f'{identifier}.{timestamp}.'.encode() + body, sha256)).decode()}"


def send(outgoing: Outgoing) -> Outcome:
    """A receiver that is mended later gets it later: only 410 says that it wants no more."""
    body, timestamp = body_of(outgoing), int(time.time())
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Dexto-Cloud-Webhooks/1",
        "webhook-id": outgoing.id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signature(one, outgoing.id, timestamp, body) for one in outgoing.secrets),
    }
    return post(outgoing.address, body, headers=headers)


CHANNEL: Final = Channel(
    label="URL",
    placeholder="https://example.com/hooks/dexto",
    checked=checked_url,
    shown=shown_url,
    send=send,
    is_for_people=False,
    is_signed=True,
)
