"""Signatures of deliveries: HMAC-SHA256 over the raw bytes. Pure."""

from __future__ import annotations

import hmac
from hashlib import sha256

HEADER = "X-Hub-Signature-256"


def sign(secret: str, body: bytes) -> str:
    return f"sha256={hmac.new(secret.encode(), body, sha256).hexdigest()}"


def is_signed(secret: str, body: bytes, signature: str) -> bool:
    """In constant time; False also for a signature that is none."""
    return hmac.compare_digest(sign(secret, body).encode(), signature.encode("utf-8", "replace"))
