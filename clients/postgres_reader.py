"""Reads texts from a table of a project's own PostgreSQL.

libpq looks for what a URL leaves out in the process's environment, in ~/.pgpass and in key files: on a
platform those are the platform's. So a URL must say all of it, may say nothing else, and the host's checked
address is the one that is connected to.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from clients.addresses import AddressPolicy, AddressRefusedError, UnknownHostError
from clients.guarded_http import FetchError

_ALLOWED: Final = frozenset(
    {"host", "port", "user", "password", "dbname", "sslmode", "channel_binding", "application_name"}
)
_NEEDED: Final = frozenset({"host", "user", "password", "dbname"})
_QUERY: Final = sql.SQL("SELECT {content} FROM {table} WHERE {key} = %s LIMIT 2")


@dataclass(frozen=True, slots=True)
class PostgresText:
    """One row: `table` may have a schema before a dot."""

    url: str = field(repr=False)
    table: str
    key_column: str
    content_column: str
    key: str


def read_text(wanted: PostgresText, policy: AddressPolicy, *, seconds: float, max_bytes: int) -> bytes:
    """The row's content. Raises FetchError."""
    conninfo = pinned_conninfo(wanted.url, policy, seconds=seconds)
    try:
        with psycopg.connect(conninfo) as connection:
            rows = connection.execute(_query(wanted), (wanted.key,)).fetchall()
    except psycopg.OperationalError as error:
        # The server's sentence may repeat the user's name and address; its class says enough.
        raise FetchError(f"the database did not answer ({type(error).__name__})", temporary=True) from error
    except psycopg.Error as error:
        raise FetchError(f"the database refused the query ({type(error).__name__})") from error
    return _content(rows, max_bytes)


def pinned_conninfo(url: str, policy: AddressPolicy, *, seconds: float, read_only: bool = True) -> str:
    """What to connect with: the URL's own words, at the address that was checked. Raises FetchError."""
    parameters = _parameters(url)
    return _conninfo(parameters, _address(parameters, policy), seconds, read_only=read_only)


def _parameters(url: str) -> dict[str, str]:
    try:
        parsed: Mapping[str, object] = conninfo_to_dict(url)
    except psycopg.ProgrammingError as error:
        raise FetchError("the database's URL is not valid") from error
    surplus, missing = set(parsed) - _ALLOWED, _NEEDED - {name for name, value in parsed.items() if value}
    if surplus or missing:
        named = ", ".join(sorted(surplus or missing))
        said = f"may not say {named}" if surplus else f"does not say {named}"
        raise FetchError(f"the database's URL {said}")
    return {name: str(value) for name, value in parsed.items()}


def _address(parameters: Mapping[str, str], policy: AddressPolicy) -> str:
    host = parameters["host"]
    if host.startswith(("/", "@")) or "," in host:
        raise FetchError("the database's URL must name one host")
    try:
        return policy.addresses(host, int(parameters.get("port", "5432")))[0]
    except AddressRefusedError as error:
        raise FetchError("its address is one that the platform does not visit for a project") from error
    except UnknownHostError as error:
        raise FetchError("the host's name is not known", temporary=True) from error
    except ValueError as error:
        raise FetchError("the database's URL has no valid port") from error


def _conninfo(parameters: Mapping[str, str], address: str, seconds: float, *, read_only: bool) -> str:
    access = "on" if read_only else "off"
    return make_conninfo(
        **parameters,
        hostaddr=address,
        passfile="/dev/null",
        gssencmode="disable",
        # libpq takes less than two seconds for two.
        connect_timeout=max(2, int(seconds)),
        options=f"-c statement_timeout={int(seconds * 1000)} -c default_transaction_read_only={access}",
    )


def _query(wanted: PostgresText) -> sql.Composed:
    return _QUERY.format(
        content=sql.Identifier(wanted.content_column),
        table=sql.Identifier(*wanted.table.split(".")),
        key=sql.Identifier(wanted.key_column),
    )


def _content(rows: list[tuple[object, ...]], max_bytes: int) -> bytes:
    if len(rows) != 1:
        raise FetchError("there is no such row" if not rows else "several rows have this key")
    value = rows[0][0]
    content = value.encode() if isinstance(value, str) else value
    if not isinstance(content, bytes | bytearray | memoryview):
        raise FetchError("the row's content is not text")
    if len(content) > max_bytes:
        raise FetchError(f"the row's content is larger than {max_bytes:,} bytes")
    return bytes(content)
