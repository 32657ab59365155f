"""Which object store this installation has."""

from __future__ import annotations

from functools import lru_cache

from django.conf import settings
from django.utils.module_loading import import_string

from clients.object_store import ObjectStore


@lru_cache(maxsize=1)
def object_store() -> ObjectStore:
    return _store(settings.S3_ENDPOINT_URL)


def public_store() -> ObjectStore | None:
    """The same by the name under which the internet reaches it; None where it does not."""
    if settings.S3_PUBLIC_URL or not settings.S3_ENDPOINT_URL:
        return _store(settings.S3_PUBLIC_URL)
    return None


@lru_cache(maxsize=4)
def _store(endpoint_url: str) -> ObjectStore:
    store: ObjectStore = import_string(settings.OBJECT_STORE)(
        bucket=settings.S3_BUCKET,
        access_key_id=settings.S3_ACCESS_KEY_ID,
        secret_access_key=settings.S3_SECRET_ACCESS_KEY,
        endpoint_url=endpoint_url,
        region=settings.S3_REGION,
    )
    return store
