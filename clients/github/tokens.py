"""An app's credentials: the JWT that it signs itself, and the tokens of its installations, kept while they are good."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Final

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from clients.code_host import AccessToken, AppKey, CodeHostApp
from clients.code_host_errors import CodeHostRefusedError

#: Clocks differ: GitHub refuses a token from its future, and one that is good for more than ten minutes.
_BACKDATED: Final = timedelta(seconds=60)
_GOOD_FOR: Final = timedelta(minutes=9)


def app_token(key: AppKey, *, now: datetime) -> str:
    """A JWT by RS256. Raises CodeHostRefusedError when the key is none."""
    claims = {
        "iat": int((now - _BACKDATED).timestamp()),
        "exp": int((now + _GOOD_FOR).timestamp()),
        "iss": str(key.app_id),
    }
    signed = f"{_encoded({'alg': 'RS256', 'typ': 'JWT'})}.{_encoded(claims)}"
    signature = _private_key(key).sign(signed.encode(), PKCS1v15(), SHA256())
    return f"{signed}.{_base64(signature)}"


def _private_key(key: AppKey) -> RSAPrivateKey:
    try:
        found = load_pem_private_key(key.private_key.encode(), password=None)
    except ValueError as error:
        raise _no_key() from error
    if not isinstance(found, RSAPrivateKey):
        raise _no_key()
    return found


def _no_key() -> CodeHostRefusedError:
    return CodeHostRefusedError("know the app", "its private key is not an RSA key in PEM form")


def _encoded(part: Mapping[str, object]) -> str:
    return _base64(json.dumps(part, separators=(",", ":")).encode())


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class InstallationTokens:
    """One installation's tokens for one purpose. A new one is asked for when less than `budget` of an hour remains."""

    def __init__(
        self,
        app: CodeHostApp,
        installation_id: int,
        *,
        repository_ids: Sequence[int],
        permissions: Mapping[str, str] | None = None,
        budget: timedelta = timedelta(minutes=10),
    ) -> None:
        self._app = app
        self._installation_id = installation_id
        self._repository_ids = tuple(repository_ids)
        self._permissions = permissions
        self._budget = budget
        self._lock = Lock()
        self._token: AccessToken | None = None

    def current(self) -> AccessToken:
        with self._lock:
            if self._token is None or self._token.expires_at - datetime.now(UTC) < self._budget:
                self._token = self._app.access_token(
                    self._installation_id, repository_ids=self._repository_ids, permissions=self._permissions
                )
            return self._token

    def authorization(self) -> str:
        return f"Bearer {self.current().value}"
