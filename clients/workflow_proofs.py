"""Proofs of identity that a code host's jobs show: JSON Web Tokens by RS256, of an issuer that publishes its keys."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Mapping
from functools import lru_cache
from threading import Lock
from typing import Any, Final

import httpx
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.hashes import SHA256

from core.errors import PlatformError, UserError

#: Clocks differ by this many seconds.
_LEEWAY: Final = 30
_KEYS_SECONDS: Final = 600.0
#: Keys are rotated; somebody who makes key ids up must not have the issuer asked each time.
_ASK_AGAIN_SECONDS: Final = 10.0
_MAX_LENGTH: Final = 16_384


class Issuer:
    """Who signs. Its keys are kept for ten minutes, and asked for anew when one is missing."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._lock = Lock()
        self._keys: Mapping[str, RSAPublicNumbers] = {}
        self._asked = float("-inf")

    def claims(self, token: str, *, audience: str) -> dict[str, Any]:
        """What a token says, once it is proved. Raises UserError when it is not, PlatformError without an issuer."""
        try:
            head, body, signature = token[:_MAX_LENGTH].split(".")
            header, claims = _part(head), _part(body)
            if header.get("alg") != "RS256":
                raise _refused("it is not signed by RS256")
            key = self._key(str(header.get("kid", "")))
            key.public_key().verify(_decoded(signature), f"{head}.{body}".encode(), PKCS1v15(), SHA256())
        except (ValueError, TypeError, InvalidSignature) as error:
            raise _refused("its signature does not fit") from error
        self._check(claims, audience)
        return claims

    def _check(self, claims: Mapping[str, Any], audience: str) -> None:
        if claims.get("iss") != self._url:
            raise _refused("it is from another issuer")
        if claims.get("aud") != audience:
            raise _refused("it is for somebody else")
        now = time.time()
        times = [claims.get(name) for name in ("exp", "nbf", "iat")]
        if not all(isinstance(one, int | float) and not isinstance(one, bool) for one in times):
            raise _refused("it does not say until when it is good")
        expires, not_before, issued = (float(one or 0) for one in times)
        if expires < now - _LEEWAY or max(not_before, issued) > now + _LEEWAY:
            raise _refused("it is not good at this time")

    def _key(self, kid: str) -> RSAPublicNumbers:
        with self._lock:
            age = time.monotonic() - self._asked
            if age > _KEYS_SECONDS or (kid not in self._keys and age > _ASK_AGAIN_SECONDS):
                self._keys = self._published()
                self._asked = time.monotonic()
            if kid not in self._keys:
                raise _refused("its key is not the issuer's")
            return self._keys[kid]

    def _published(self) -> Mapping[str, RSAPublicNumbers]:
        try:
            answer = _client().get(f"{self._url}/.well-known/jwks")
            answer.raise_for_status()
            keys = answer.json()["keys"]
            return {one["kid"]: _numbers(one) for one in keys if one.get("kty") == "RSA"}
        except (httpx.HTTPError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise PlatformError(
                "issuer_unavailable",
                f"The keys of {self._url} could not be read.",
                "Run the job again; if it stays, look whether this machine reaches the issuer.",
            ) from error


@lru_cache(maxsize=8)
def issuer_at(url: str) -> Issuer:
    """One for the process, which keeps its keys."""
    return Issuer(url)


def _numbers(key: Mapping[str, str]) -> RSAPublicNumbers:
    return RSAPublicNumbers(*(int.from_bytes(_decoded(key[name]), "big") for name in ("e", "n")))


def _part(text: str) -> dict[str, Any]:
    found = json.loads(_decoded(text))
    if not isinstance(found, dict):
        raise ValueError("not an object")
    return found


def _decoded(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def _refused(why: str) -> UserError:
    return UserError(
        "assertion_invalid", f"The proof is not believed: {why}.", "Ask for a new one, with our URL as its audience."
    )


@lru_cache(maxsize=1)
def _client() -> httpx.Client:
    return httpx.Client(timeout=10, trust_env=False, follow_redirects=False)
