"""Puts the objects of a bundle into the bucket to which its configuration was bound: by content, so none goes twice."""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from builds.bundle import BundleFile, MadeBundle
from builds.bundlers.contract import ObjectPlace
from builds.bundlers.placing import OBJECTS
from clients.object_store import ObjectStore
from clients.s3_store import S3Store

_UPLOADS: Final = 8


@dataclass(frozen=True, slots=True)
class Uploaded:
    """How many objects were put, and how many were there before."""

    put: int
    present: int


def upload_objects(made: MadeBundle, store: ObjectStore) -> Uploaded:
    """A key holds its content's digest: what is there is what it should be. Raises ObjectStoreError."""
    files = [file for file in made.manifest.files if file.path.startswith(OBJECTS)]
    with ThreadPoolExecutor(_UPLOADS, "objects") as pool:
        put = sum(pool.map(lambda file: _put(file, made, store), files))
    return Uploaded(put, len(files) - put)


def bucket_of(place: ObjectPlace, environment: Mapping[str, str]) -> S3Store:
    """With the credentials that AWS's own tools find; S3_ENDPOINT_URL names R2, MinIO or another one."""
    endpoint = environment.get("S3_ENDPOINT_URL") or environment.get("AWS_ENDPOINT_URL_S3", "")
    return S3Store(
        place.bucket,
        environment.get("AWS_ACCESS_KEY_ID", ""),
        environment.get("AWS_SECRET_ACCESS_KEY", ""),
        endpoint,
        environment.get("AWS_REGION") or ("auto" if endpoint else "us-east-1"),
        environment.get("AWS_SESSION_TOKEN", ""),
    )


def _put(file: BundleFile, made: MadeBundle, store: ObjectStore) -> bool:
    key = file.path.removeprefix(OBJECTS)
    if store.exists(key):
        return False
    kind = mimetypes.guess_type(key)[0] or "application/octet-stream"
    store.put(key, made.content(file), content_type=kind)
    return True
