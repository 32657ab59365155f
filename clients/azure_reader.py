"""Reads blobs of Azure Storage: with the account's key (Shared Key), a SAS token, or in public.

The string to sign: https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key
"""

import base64
import binascii
import hmac
import re
from dataclasses import dataclass
from email.utils import formatdate
from hashlib import sha256
from typing import Final
from urllib.parse import quote, urlsplit

from clients.answers import body_of
from clients.guarded_http import Fetch, FetchError, GuardedHttp

#: It becomes a part of the host's name.
_ACCOUNT: Final = re.compile(r"[a-z0-9]{3,24}")
_VERSION: Final = "2021-08-06"
#: Standard headers that a GET leaves empty, from Content-Encoding to Range.
_EMPTY_HEADERS: Final = "\n" * 11


@dataclass(frozen=True, slots=True)
class AzureBlob:
    """Where a blob is. An endpoint, if any, includes what stands before the container."""

    account: str
    container: str
    key: str
    endpoint: str | None = None

    @property
    def url(self) -> str:
        base = (self.endpoint or f"https://{self.account}.blob.core.windows.net").rstrip("/")
        return f"{base}/{quote(self.container)}/{quote(self.key)}"


def read_blob(
    http: GuardedHttp,
    wanted: AzureBlob,
    *,
    account_key: str | None = None,
    sas_token: str | None = None,
    seconds: float,
    max_bytes: int,
) -> bytes:
    """The blob's content. Raises FetchError."""
    if not _ACCOUNT.fullmatch(wanted.account):
        raise FetchError("the account is not an account's name")
    headers = {"x-ms-version": _VERSION, "x-ms-date": formatdate(usegmt=True)}
    if account_key:
        headers["Authorization"] = _shared_key(wanted, headers, account_key)
    url = f"{wanted.url}?{sas_token.removeprefix('?')}" if sas_token else wanted.url
    answer = http.fetch(Fetch(url, headers=headers, seconds=seconds, max_bytes=max_bytes))
    return body_of(answer, detail=answer.headers.get("x-ms-error-code", "")[:60])


def _shared_key(wanted: AzureBlob, headers: dict[str, str], account_key: str) -> str:
    canonical_headers = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    resource = f"/{wanted.account}{urlsplit(wanted.url).path}"
    text = f"GET\n{_EMPTY_HEADERS}{canonical_headers}{resource}"
    try:
        key = base64.b64decode(account_key, validate=True)
    except (binascii.Error, ValueError) as error:
        raise FetchError("the account's key is not base64") from error
    signature = base64.b64encode(hmac.digest(key, text.encode(), sha256)).decode()
    return f"SharedKey {wanted.account}:{signature}"
