"""Whether an agent can keep its memory in a PostgreSQL, and a schema of its own there for a preview."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import psycopg
from psycopg import sql

from clients.addresses import AddressPolicy
from clients.guarded_http import FetchError
from clients.postgres_reader import pinned_conninfo
from core.errors import UserError

_SECONDS: Final = 15.0
_OLDEST: Final = 13
#: Words of the agent's runtime, which libpq does not know.
_OURS: Final = frozenset({"schema", "pgbouncer"})
_REACH: Final = "Check the URL, and that the database takes connections from elsewhere."


@dataclass(frozen=True, slots=True)
class PostgresAdmin:
    url: str = field(repr=False)
    policy: AddressPolicy

    def check(self) -> str:
        """The server's version. Raises UserError: it is asked before the build, not after it."""
        with self._connected() as connection:
            version = connection.info.server_version // 10_000
            if version < _OLDEST:
                raise UserError("storage_too_old", f"The database is PostgreSQL {version}.", "Take 13 or newer.")
            if not self._may_keep(connection):
                raise UserError(
                    "storage_forbidden",
                    f"The user {connection.info.user} may not create a schema in {connection.info.dbname}.",
                    "GRANT CREATE ON DATABASE … TO …",
                )
            return str(version)

    def make_schema(self, name: str, mark: str) -> None:
        """Marked; one that is there with the same mark stays as it is. Raises UserError service_name_taken."""
        with self._connected() as connection:
            known = _mark_of(connection, name)
            if known is not None and known != mark:
                raise UserError(
                    "service_name_taken",
                    f"The schema {name} is in the database already, and was not made by this installation.",
                    "Rename what is there, or drop it.",
                )
            if known is None:
                connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(name)))
                comment = sql.SQL("COMMENT ON SCHEMA {} IS {}")
                connection.execute(comment.format(sql.Identifier(name), sql.Literal(mark)))

    def drop_schema(self, name: str, mark: str) -> None:
        """Without an effect where it is gone, or somebody else's."""
        with self._connected() as connection:
            if _mark_of(connection, name) == mark:
                connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(name)))

    def _connected(self) -> psycopg.Connection[tuple[object, ...]]:
        parts = urlsplit(self.url)
        query = [(name, value) for name, value in parse_qsl(parts.query) if name not in _OURS]
        url = urlunsplit(parts._replace(query=urlencode(query)))
        try:
            return psycopg.connect(pinned_conninfo(url, self.policy, seconds=_SECONDS, read_only=False))
        except FetchError as error:
            raise UserError("storage_unreachable", f"The agent's database: {error}.", _REACH) from error
        except psycopg.OperationalError as error:
            raise _refused(error) from error

    def _may_keep(self, connection: psycopg.Connection[tuple[object, ...]]) -> bool:
        schema = dict(parse_qsl(urlsplit(self.url).query)).get("schema", "dexto")
        row = connection.execute(
            "SELECT coalesce((SELECT has_schema_privilege(oid, 'CREATE') FROM pg_namespace WHERE nspname = %s), "
            "has_database_privilege(current_database(), 'CREATE'))",
            (schema,),
        ).fetchone()
        return row is not None and row[0] is True


def with_schema(url: str, schema: str) -> str:
    """The URL by which an agent keeps everything in this schema."""
    parts = urlsplit(url)
    query = [*((name, value) for name, value in parse_qsl(parts.query) if name != "schema"), ("schema", schema)]
    return urlunsplit(parts._replace(query=urlencode(query)))


def _mark_of(connection: psycopg.Connection[tuple[object, ...]], schema: str) -> str | None:
    """None where there is no such schema, "" where it has no mark."""
    row = connection.execute(
        "SELECT coalesce(obj_description(oid, 'pg_namespace'), '') FROM pg_namespace WHERE nspname = %s", (schema,)
    ).fetchone()
    return None if row is None else str(row[0])


def _refused(error: psycopg.OperationalError) -> UserError:
    """The server's sentence may repeat the user's name and address; what kind it is says enough. Before a connection
    stands, libpq gives the sentence alone."""
    said = str(error).lower()
    if "authentication failed" in said or ('role "' in said and "does not exist" in said):
        return UserError("storage_forbidden", "The database refuses the user or the password.", "Check the URL.")
    if 'database "' in said and "does not exist" in said:
        return UserError("storage_unreachable", "The server has no database of this name.", _REACH)
    return UserError("storage_unreachable", "The agent's database does not answer.", _REACH)
