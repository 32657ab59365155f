"""Which object store this installation has."""

from __future__ import annotations

from functools import lru_cache

from django.conf import settings
from django.utils.module_loading import import_string

from clients.object_store import ObjectStore


@lru_cache(maxsize=1)
def object_store() -> ObjectStore:
    store: ObjectStore = import_string(settings.OBJECT_STORE)(
        bucket=settings.S3_BUCKET,
        access_key_id=settings.S3_ACCESS_KEY_ID,
        secret_access_key=settings.S3_SECRET_ACCESS_KEY,
        endpoint_url=settings.S3_ENDPOINT_URL,
        region=settings.S3_REGION,
    )
    return store
