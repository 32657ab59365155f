"""Databases of a real PostgreSQL, as vendors of databases give them: each with an owner and a password of its own."""

from __future__ import annotations

import os
import secrets
import socket
from contextlib import suppress
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Thread

import psycopg
from psycopg import sql


class Databases:
    """All that were made are dropped with `close`."""

    def __init__(self) -> None:
        self._admin = os.environ["DATABASE_URL"]
        self._made: dict[str, str] = {}  # name → its owner's password
        self._roles: list[str] = []
        self.host = "127.0.0.1"
        self._relay = _Relay((self.host, 0), _Carried)
        self._relay.socket_path = f"{self._admin.partition('host=')[2].partition('&')[0]}/.s.PGSQL.5432"
        self.port = self._relay.server_address[1]
        self._thread = Thread(target=self._relay.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def make(self, name: str, *, like: str = "") -> None:
        """With everything that is in the one that it is to be like, which nobody may be connected to."""
        password = secrets.token_hex(8)
        template = sql.SQL(" TEMPLATE {}").format(sql.Identifier(like)) if like else sql.SQL("")
        with psycopg.connect(self._admin, autocommit=True) as connection:
            make = sql.SQL("CREATE ROLE {} LOGIN SUPERUSER PASSWORD {}")
            connection.execute(make.format(sql.Identifier(name), sql.Literal(password)))
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(name), sql.Identifier(name)) + template
            )
        self._made[name] = password
        self._roles.append(name)

    def set_password(self, name: str, password: str) -> None:
        with psycopg.connect(self._admin, autocommit=True) as connection:
            change = sql.SQL("ALTER ROLE {} PASSWORD {}")
            connection.execute(change.format(sql.Identifier(name), sql.Literal(password)))
        self._made[name] = password

    def password(self, name: str) -> str:
        return self._made[name]

    def url(self, name: str) -> str:
        return f"postgresql://{name}:{self._made[name]}@{self.host}:{self.port}/{name}"

    def drop(self, name: str) -> None:
        del self._made[name]
        with psycopg.connect(self._admin, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def close(self) -> None:
        for name in list(self._made):
            self.drop(name)
        # What one owns is in the copies of its database too.
        with psycopg.connect(self._admin, autocommit=True) as connection:
            for role in self._roles:
                connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))
        self._relay.shutdown()
        self._thread.join()
        self._relay.server_close()


class _Relay(ThreadingTCPServer):
    """The engine of the tests is on a unix socket; what a vendor gives is on a port."""

    daemon_threads = True
    block_on_close = False
    socket_path: str


class _Carried(BaseRequestHandler):
    server: _Relay

    def handle(self) -> None:
        with socket.socket(socket.AF_UNIX) as engine:
            engine.connect(self.server.socket_path)
            there = Thread(target=_carry, args=(self.request, engine), daemon=True)
            there.start()
            _carry(engine, self.request)
            there.join(timeout=5)


def _carry(source: socket.socket, sink: socket.socket) -> None:
    """Until one side has no more to say; then the other hears so."""
    with suppress(OSError):
        while content := source.recv(65_536):
            sink.sendall(content)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
