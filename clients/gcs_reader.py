"""Reads objects of Google Cloud Storage by its JSON API; a service account's key is exchanged for a token."""

import base64
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote, urlencode

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from clients.answers import body_of
from clients.guarded_http import Fetch, FetchError, GuardedHttp

_ENDPOINT: Final = "https://storage.googleapis.com"
_TOKEN_URI: Final = "https://oauth2.googleapis.com/token"  # noqa: S105  # an address
_SCOPE: Final = "https://www.googleapis.com/auth/devstorage.read_only"
_GRANT: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_LIFETIME_SECONDS: Final = 3600


@dataclass(frozen=True, slots=True)
class GcsObject:
    """Where an object is."""

    bucket: str
    key: str
    endpoint: str | None = None

    @property
    def url(self) -> str:
        base = (self.endpoint or _ENDPOINT).rstrip("/")
        return f"{base}/storage/v1/b/{quote(self.bucket, safe='')}/o/{quote(self.key, safe='')}?alt=media"


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    """The parts of a service account's key that are needed."""

    email: str
    private_key: str = field(repr=False)
    token_uri: str = _TOKEN_URI

    @classmethod
    def of(cls, text: str) -> "ServiceAccount":
        """From the JSON that Google hands out. Raises FetchError."""
        try:
            parsed = json.loads(text)
            key = cls(parsed["client_email"], parsed["private_key"], parsed.get("token_uri", _TOKEN_URI))
        except (ValueError, KeyError, TypeError) as error:
            raise FetchError("the service account's key is not the JSON that Google hands out") from error
        return key


def read_object(http: GuardedHttp, wanted: GcsObject, token: str | None, *, seconds: float, max_bytes: int) -> bytes:
    """The object's content; without a token only of a public bucket. Raises FetchError."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return body_of(http.fetch(Fetch(wanted.url, headers=headers, seconds=seconds, max_bytes=max_bytes)))


def access_token(http: GuardedHttp, account: ServiceAccount, *, now: float | None = None) -> str:
    """A token of one hour to read with. Raises FetchError."""
    assertion = _assertion(account, int(time.time() if now is None else now))
    body = urlencode({"grant_type": _GRANT, "assertion": assertion}).encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = http.fetch(Fetch(account.token_uri, method="POST", headers=headers, body=body, max_bytes=100_000))
    try:
        return str(json.loads(body_of(answer))["access_token"])
    except (ValueError, KeyError, TypeError) as error:
        raise FetchError("the token server did not answer with a token") from error


def _assertion(account: ServiceAccount, now: int) -> str:
    claims = {
        "iss": account.email,
        "scope": _SCOPE,
        "aud": account.token_uri,
        "iat": now,
        "exp": now + _LIFETIME_SECONDS,
    }
    signed = f"{_part({'alg': 'RS256', 'typ': 'JWT'})}.{_part(claims)}"
    signature = _private_key(account).sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{signed}.{_encoded(signature)}"


def _private_key(account: ServiceAccount) -> rsa.RSAPrivateKey:
    try:
        key = serialization.load_pem_private_key(account.private_key.encode(), password=None)
    except (ValueError, TypeError) as error:
        raise FetchError("the service account's private key cannot be read") from error
    if not isinstance(key, rsa.RSAPrivateKey):
        raise FetchError("the service account's private key is not an RSA key")
    return key


def _part(value: Mapping[str, object]) -> str:
    return _encoded(json.dumps(value, separators=(",", ":")).encode())


def _encoded(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
