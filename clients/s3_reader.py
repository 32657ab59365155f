"""Reads objects by the S3 API: of AWS, R2, MinIO and others.

botocore signs and knows the ways to credentials; the request itself goes through GuardedHttp, so that a
custom endpoint is held to the same rules as any address that a project names.
"""

import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import BotoCoreError
from botocore.session import Session

from clients.answers import body_of
from clients.guarded_http import Answer, Fetch, FetchError, GuardedHttp

_ERROR_CODE: Final = re.compile(rb"<Code>([A-Za-z0-9]{1,60})</Code>")
#: It becomes a part of the host's name.
_REGION: Final = re.compile(r"[a-z0-9-]{1,40}")
#: Buckets with dots have no certificate as a host's name.
_HOST_STYLE: Final = re.compile(r"[a-z0-9-]+")


@dataclass(frozen=True, slots=True)
class S3Keys:
    """An access key; temporary ones have a session token."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class S3Object:
    """Where an object is. Without an endpoint it is AWS's."""

    bucket: str
    key: str
    region: str
    endpoint: str | None = None

    @property
    def url(self) -> str:
        path = quote(self.key, safe="/-._~")
        if self.endpoint:
            return f"{self.endpoint.rstrip('/')}/{self.bucket}/{path}"
        host = f"s3.{self.region}.amazonaws.com"
        if _HOST_STYLE.fullmatch(self.bucket):
            return f"https://{self.bucket}.{host}/{path}"
        return f"https://{host}/{self.bucket}/{path}"


def chain_keys(profile: str | None = None) -> S3Keys | None:
    """Keys of this machine: of a profile, or by the default chain; None without any. Raises FetchError."""
    try:
        found = Session(profile=profile).get_credentials()
        frozen = found.get_frozen_credentials() if found else None
    except BotoCoreError as error:
        # botocore's sentences name profiles and files, no keys.
        raise FetchError(f"the machine's credentials cannot be used ({error})") from error
    if frozen is None or not frozen.access_key or not frozen.secret_key:
        return None
    return S3Keys(frozen.access_key, frozen.secret_key, frozen.token)


def read_object(http: GuardedHttp, wanted: S3Object, keys: S3Keys | None, *, seconds: float, max_bytes: int) -> bytes:
    """The object's content. Without keys the request is not signed. Raises FetchError."""
    if not _REGION.fullmatch(wanted.region):
        raise FetchError("the region is not a region's name")
    request = AWSRequest(method="GET", url=wanted.url)
    if keys:
        credentials = Credentials(keys.access_key_id, keys.secret_access_key, keys.session_token)
        S3SigV4Auth(credentials, "s3", wanted.region).add_auth(request)
    headers = {name: str(value) for name, value in request.headers.items()}
    answer = http.fetch(Fetch(wanted.url, headers=headers, seconds=seconds, max_bytes=max_bytes))
    if answer.status in (301, 307, 400) and "x-amz-bucket-region" in answer.headers:
        raise FetchError(f"the bucket is in the region {answer.headers['x-amz-bucket-region'][:40]}")
    return body_of(answer, detail=_detail(answer))


def _detail(answer: Answer) -> str:
    match = _ERROR_CODE.search(answer.body[:4_000])
    return match[1].decode() if match else ""
