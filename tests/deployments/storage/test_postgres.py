"""postgres: what is wrong with a database is said before a build, and each preview has a schema of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from urllib.parse import urlsplit

import psycopg
import pytest

from clients.addresses import ANYWHERE
from core.errors import UserError
from deployments.storage.contract import Place
from deployments.storage.postgres import PostgresStorage
from tests.deployments.platforms.suite import KeptIds
from tests.deployments.storage.suite import PREVIEW, PRODUCTION, Counterpart, StorageSuite
from tests.fakes.databases import Databases
from tests.progress import Said


@pytest.fixture
def databases() -> Iterator[Databases]:
    found = Databases()
    found.make("theirs")
    yield found
    found.close()


@pytest.fixture
def storage(databases: Databases) -> PostgresStorage:
    return PostgresStorage(databases.url("theirs"), ANYWHERE)


class TestPostgres(StorageSuite):
    @pytest.fixture
    def counterpart(self, storage: PostgresStorage, databases: Databases) -> Counterpart:
        def foreign(_place: Place) -> None:
            (name,) = _schemas(databases)
            with psycopg.connect(databases.url("theirs"), autocommit=True) as connection:
                connection.execute(f"COMMENT ON SCHEMA {name} IS 'mine'")

        return Counterpart(storage, lambda: _schemas(databases), foreign)


def test_a_database_is_checked_in_words(storage: PostgresStorage) -> None:
    found = storage.check()
    assert "PostgreSQL" in found.can[0] and not found.missing


@pytest.mark.parametrize("wrong", ["user", "database", "port"])
def test_what_is_wrong_with_a_url_is_said_before_a_build(databases: Databases, wrong: str) -> None:
    url = databases.url("theirs")
    port = urlsplit(url).port
    urls = {
        "user": url.replace("theirs:", "nobody:"),
        "database": f"{url.removesuffix('/theirs')}/nothing",
        "port": url.replace(f":{port}/", ":1/"),
    }
    codes = {"user": "storage_forbidden"}
    with pytest.raises(UserError) as refused:
        PostgresStorage(urls[wrong], ANYWHERE).ensure(PRODUCTION, KeptIds(), Said())
    assert refused.value.code == codes.get(wrong, "storage_unreachable") and refused.value.next_step
    assert databases.password("theirs") not in str(refused.value)


def test_a_user_who_may_make_nothing_is_told_so(databases: Databases) -> None:
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS reader")
        connection.execute("CREATE ROLE reader LOGIN PASSWORD 'reads'")
        url = databases.url("theirs").replace(f"theirs:{databases.password('theirs')}", "reader:reads")
        with pytest.raises(UserError) as refused:
            PostgresStorage(url, ANYWHERE).check()
        connection.execute("DROP ROLE reader")
    assert refused.value.code == "storage_forbidden" and "GRANT" in refused.value.next_step


def test_an_address_that_only_the_platform_reaches_is_not_visited(databases: Databases) -> None:
    with pytest.raises(UserError, match="does not visit"):
        PostgresStorage(databases.url("theirs")).check()


def test_production_has_the_url_as_it_is(storage: PostgresStorage) -> None:
    assert storage.ensure(PRODUCTION, KeptIds(), Said()).variables == {"DATABASE_URL": storage.url}


def test_a_preview_has_a_schema_that_goes_with_it(storage: PostgresStorage, databases: Databases) -> None:
    first = storage.ensure(PREVIEW, KeptIds(), Said())
    again = storage.ensure(PREVIEW, KeptIds(), Said())
    assert first == again and "schema=dexto_agent_pr_7_" in first.variables["DATABASE_URL"]
    assert len(_schemas(databases)) == 1
    storage.remove(PREVIEW, KeptIds())
    storage.remove(PREVIEW, KeptIds())
    assert _schemas(databases) == []


def test_a_schema_of_somebody_else_is_neither_taken_nor_dropped(storage: PostgresStorage, databases: Databases) -> None:
    storage.ensure(PREVIEW, KeptIds(), Said())
    (name,) = _schemas(databases)
    with psycopg.connect(databases.url("theirs"), autocommit=True) as connection:
        connection.execute(f"COMMENT ON SCHEMA {name} IS 'mine'")
    with pytest.raises(UserError) as refused:
        storage.ensure(PREVIEW, KeptIds(), Said())
    storage.remove(PREVIEW, KeptIds())
    assert refused.value.code == "service_name_taken" and _schemas(databases) == [name]


def _schemas(databases: Databases) -> list[str]:
    with psycopg.connect(databases.url("theirs")) as connection:
        rows = connection.execute("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'dexto%'").fetchall()
    return [row[0] for row in rows]
