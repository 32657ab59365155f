"""postgres: a database that somebody has already, by its URL; each preview has a schema of its own there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from urllib.parse import urlsplit

from builds.runner.progress import Progress
from clients.addresses import PUBLIC_ONLY, AddressPolicy
from clients.postgres_admin import PostgresAdmin, with_schema
from deployments.platforms.cloud import AccountCheck, CredentialField, Endpoints, Ids
from deployments.storage.contract import Kept, Place, StorageModule


@dataclass(frozen=True, slots=True)
class PostgresStorage:
    url: str = field(repr=False)
    policy: AddressPolicy = PUBLIC_ONLY

    def check(self) -> AccountCheck:
        version = self._admin.check()
        parts = urlsplit(self.url)
        host = parts.hostname or ""
        return AccountCheck(host, f"{host}{parts.path}", (f"keep an agent's memory in PostgreSQL {version}",))

    def ensure(self, place: Place, memory: Ids, progress: Progress) -> Kept:  # noqa: ARG002
        """Production's tables are in the schema that the URL names, and made by the agent itself."""
        progress.check()
        version = self._admin.check()
        url = self.url
        if place.production is not None:
            schema = _schema(place)
            self._admin.make_schema(schema, place.mark)
            url = with_schema(url, schema)
        return Kept({"DATABASE_URL": url}, f"PostgreSQL {version} at {urlsplit(url).hostname}")

    def remove(self, place: Place, memory: Ids) -> None:  # noqa: ARG002
        """A preview's schema; production's memory is its owner's."""
        if place.production is not None:
            self._admin.drop_schema(_schema(place), place.mark)

    @property
    def _admin(self) -> PostgresAdmin:
        return PostgresAdmin(self.url, self.policy)


def _schema(place: Place) -> str:
    """PostgreSQL cuts names after 63 bytes."""
    digest = sha256(f"{place.mark} {place.name}".encode()).hexdigest()[:8]
    return f"dexto_{place.name.replace('-', '_')[:40]}_{digest}"


def connect(credentials: Mapping[str, str], endpoints: Endpoints) -> PostgresStorage:  # noqa: ARG001
    return PostgresStorage(credentials["url"])


MODULE = StorageModule(
    (CredentialField("url", "URL", "postgresql://user:password@host/database, of a user who may create a schema."),),
    connect,
)
