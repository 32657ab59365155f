"""Objects over the S3 API: R2, S3, MinIO, rclone. boto3 and its exceptions stay in here."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

from clients.object_store import ObjectMissingError, ObjectStoreAwayError, ObjectStoreError

_OF_THE_STORE = 500
_MISSING = {"404", "NoSuchKey", "NotFound", "NoSuchBucket"}
_CONFIG = Config(
    signature_version="s3v4",
    s3={"addressing_style": "path"},
    retries={"mode": "standard", "max_attempts": 4},
    connect_timeout=3,
    read_timeout=30,
    max_pool_connections=16,
    # R2 and rclone do not know the newer checksums.
    request_checksum_calculation="when_required",
    response_checksum_validation="when_required",
)


@dataclass(frozen=True)
class S3Store:
    """One bucket. An empty endpoint is AWS itself; without keys, those that AWS's own tools find on this machine."""

    bucket: str
    access_key_id: str
    secret_access_key: str = field(repr=False)
    endpoint_url: str = ""
    region: str = "auto"
    session_token: str = field(default="", repr=False)

    def put(self, key: str, content: bytes, *, content_type: str = "application/octet-stream") -> None:
        with _our_errors("store", key):
            self._client.put_object(Bucket=self.bucket, Key=key, Body=content, ContentType=content_type)

    def get(self, key: str) -> bytes:
        with _our_errors("read", key):
            body: bytes = self._client.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        return body

    def exists(self, key: str) -> bool:
        try:
            with _our_errors("look for", key):
                self._client.head_object(Bucket=self.bucket, Key=key)
        except ObjectMissingError:
            return False
        return True

    def delete(self, key: str) -> None:
        with _our_errors("delete", key):
            self._client.delete_object(Bucket=self.bucket, Key=key)

    def address(self, key: str, *, seconds: int) -> str:
        with _our_errors("sign an address of", key):
            of = {"Bucket": self.bucket, "Key": key}
            url: str = self._client.generate_presigned_url("get_object", Params=of, ExpiresIn=seconds)
        return url

    def keys(self, prefix: str) -> Iterator[str]:
        with _our_errors("list", prefix):
            for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix):
                yield from (entry["Key"] for entry in page.get("Contents", ()))

    def ensure_bucket(self) -> None:
        try:
            with _our_errors("find", self.bucket):
                self._client.head_bucket(Bucket=self.bucket)
        except ObjectMissingError:
            with _our_errors("create", self.bucket):
                self._client.create_bucket(Bucket=self.bucket)

    @cached_property
    def _client(self) -> Any:
        # Keys of this machine may change while it runs, and are looked for anew.
        session = _session() if self.access_key_id else boto3.session.Session()
        return session.client(
            "s3",
            endpoint_url=self.endpoint_url or None,
            region_name=self.region,
            aws_access_key_id=self.access_key_id or None,
            aws_secret_access_key=self.secret_access_key or None,
            aws_session_token=self.session_token or None,
            config=_CONFIG,
        )


_kept = threading.local()


def _session() -> Any:
    """Clients may be shared between threads, sessions may not. One of each thread: what it reads takes 0.1 s."""
    if not hasattr(_kept, "session"):
        _kept.session = boto3.session.Session()
    return _kept.session


@contextmanager
def _our_errors(verb: str, key: str) -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        if code in _MISSING:
            raise ObjectMissingError(key) from error
        status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
        kind = ObjectStoreAwayError if status >= _OF_THE_STORE else ObjectStoreError
        raise kind(verb, key, code) from error
    except (BotoCoreError, HTTPClientError) as error:
        raise ObjectStoreAwayError(verb, key, type(error).__name__) from error
