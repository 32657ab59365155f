"""Drivers that speak no HTTP, in agents without a network: a real PostgreSQL is reached by the rules of all else."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread
from urllib.parse import quote
from uuid import uuid4

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from builds.packing import Wish, pack
from core.targets import Target
from tests.deployments.runners.test_confined import confined, place
from tests.runtime.built import written
from tests.runtime.projects import project

__all__ = ["place"]  # a fixture
HOST = "127.0.0.3"  # of this machine, and none that an agent has itself


@contextmanager
def at_a_port(path: str) -> Iterator[int]:
    """The engine's socket at a port of this machine, as databases elsewhere are."""
    with socket.create_server((HOST, 0)) as server:
        Thread(target=_accept, args=(server, path), daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)


def _accept(server: socket.socket, path: str) -> None:
    with suppress(OSError):
        while True:
            caller, _address = server.accept()
            engine = socket.socket(socket.AF_UNIX)
            engine.connect(path)
            for one, other in ((caller, engine), (engine, caller)):
                Thread(target=_pour, args=(one, other), daemon=True).start()


def _pour(source: socket.socket, target: socket.socket) -> None:
    with source, suppress(OSError):
        while chunk := source.recv(65536):
            target.sendall(chunk)
        target.shutdown(socket.SHUT_WR)


@pytest.fixture
def database() -> Iterator[tuple[str, str, str]]:
    """A PostgreSQL at host:port, the URL of it, and a schema of its own there."""
    parts = conninfo_to_dict(os.environ["DATABASE_URL"])
    with at_a_port(f"{parts['host']}/.s.PGSQL.{parts.get('port', 5432)}") as port:
        schema = f"t_{uuid4().hex}"
        user = quote(str(parts.get("user", "dexto")))
        yield f"{HOST}:{port}", f"postgres://{user}@{HOST}:{port}/{parts['dbname']}?schema={schema}", schema


def bundle(folder: Path, target: Target) -> Path:
    database = {"type": "postgres", "url": "$SHARED_DATABASE"}
    storage = {"cache": {"type": "in-memory"}, "database": database, "blob": {"type": "in-memory"}}
    pack(Wish(written(project(storage=storage), folder / "project"), target, folder / "bundle"))
    return folder / "bundle"


def kept(schema: str) -> bool:
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        found = connection.execute("SELECT count(*) FROM information_schema.tables WHERE table_schema = %s", [schema])
        return bool((found.fetchone() or (0,))[0])


@pytest.mark.parametrize("target", [Target.NODEJS, Target.CLOUDFLARE])
def test_an_agent_keeps_its_sessions_in_a_database_that_it_may_reach(
    target: Target, place: Path, tmp_path: Path, database: tuple[str, str, str]
) -> None:
    allowed, url, schema = database
    variables = {"SHARED_DATABASE": url, "MODEL_KEY": "k", "MODEL_URL": "http://127.0.0.1:1"}
    with confined(place, bundle(tmp_path, target), variables, [allowed]) as client:
        made = client.post("/api/sessions", json={"sessionId": "one"}, timeout=30)
        assert made.status_code == 201, (made.text, (place / "log").read_text())
        listed = client.get("/api/sessions", timeout=30).json()
        assert [one["id"] for one in listed["sessions"]] == ["one"]
    assert kept(schema)
