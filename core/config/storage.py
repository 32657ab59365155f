"""`storage`: where the agent keeps its memory. A built-in store per purpose, or a module of one's own."""

from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag

from core.config.base import Count, FreeForm, Model, StorageUri
from core.config.data_sources import HttpUrl, S3Credentials


class _Pool(Model):
    max_connections: Count | None = None
    idle_timeout_millis: Count | None = None
    connection_timeout_millis: Count | None = None


class MemoryCache(_Pool):
    """Forgets when the process ends."""

    type: Literal["in-memory"]


class RedisCache(_Pool):
    """Redis or Valkey."""

    type: Literal["redis"]
    url: str | None = None
    host: str | None = None
    port: Annotated[int | None, Field(gt=0, lt=65_536)] = None
    password: str | None = None
    database: Annotated[int | None, Field(ge=0)] = None


class MemoryDatabase(_Pool):
    """Forgets when the process ends."""

    type: Literal["in-memory"]


class SqliteDatabase(_Pool):
    """One file on disk. Without `path` the runtime chooses it."""

    type: Literal["sqlite"]
    path: str | None = None
    database: str | None = None


class PostgresDatabase(_Pool):
    """PostgreSQL, by URL or by parts."""

    type: Literal["postgres"]
    url: str | None = None
    connection_string: str | None = None
    host: str | None = None
    port: Annotated[int | None, Field(gt=0, lt=65_536)] = None
    database: str | None = None
    user: str | None = None
    password: str | None = None


class ConvexDatabase(_Pool):
    """A Convex deployment with the runtime's functions. Left out, CONVEX_URL and CONVEX_DEPLOY_KEY say which."""

    type: Literal["convex"]
    url: str | None = None
    deploy_key: str | None = None


class _BlobStore(Model):
    max_blob_size: Count | None = None
    max_total_size: Count | None = None


class MemoryBlobs(_BlobStore):
    """Forgets when the process ends."""

    type: Literal["in-memory"]


class LocalBlobs(_BlobStore):
    """A folder on disk."""

    type: Literal["local"]
    store_path: str | None = None
    cleanup_after_days: Count | None = None


class S3Blobs(_BlobStore):
    """A bucket. Left out, S3_BUCKET, S3_ENDPOINT_URL and AWS's own variables say which, and with which keys."""

    type: Literal["s3"]
    bucket: str | None = None
    region: str | None = None
    endpoint: HttpUrl | None = None
    credentials: S3Credentials | None = None
    prefix: str | None = None


class BuiltInStorage(Model):
    """One store per purpose. One that is left out is in memory, as all three are without `storage`."""

    cache: Annotated[MemoryCache | RedisCache, Field(discriminator="type")] = MemoryCache(type="in-memory")
    database: Annotated[
        MemoryDatabase | SqliteDatabase | PostgresDatabase | ConvexDatabase, Field(discriminator="type")
    ] = MemoryDatabase(type="in-memory")
    blob: Annotated[MemoryBlobs | LocalBlobs | S3Blobs, Field(discriminator="type")] = MemoryBlobs(type="in-memory")


class CustomStorage(Model):
    """A module that keeps the contract of core.storage_contract."""

    provider: Literal["custom"]
    module: StorageUri
    data_source: str = "fs"
    config: FreeForm = {}


def _kind(value: object) -> str:
    return "custom" if isinstance(value, CustomStorage) or _names_provider(value) else "built-in"


def _names_provider(value: object) -> bool:
    return isinstance(value, dict) and ("provider" in value or "module" in value)


Storage = Annotated[
    Annotated[BuiltInStorage, Tag("built-in")] | Annotated[CustomStorage, Tag("custom")],
    Discriminator(_kind),
]
