"""Collects lines and writes them in batches: one thread of a process flushes all of its writers."""

from __future__ import annotations

from threading import Event, Lock, Thread
from typing import Final

import structlog
from django.db import Error, connection

from builds import logs
from builds.models import LogStream
from builds.redaction import tokens_only
from projects.leases import Lease, LeaseLostError

log = structlog.get_logger(__name__)
FLUSH_SECONDS: Final = 0.05
#: While the database is away lines wait in memory, but not without end.
MAX_WAITING: Final = 20_000


class LogWriter:
    """Writes to one stream; with a lease only as long as that is held."""

    def __init__(self, stream: LogStream, lease: Lease | None = None) -> None:
        self.stream = stream
        self._lease = lease
        self._entries: list[logs.Entry] = []
        self._lock = Lock()
        self._flushing = Lock()

    def write(self, step: str, text: str) -> None:
        entry = logs.entry(step, tokens_only().text(text))
        with self._lock:
            if len(self._entries) < MAX_WAITING:
                self._entries.append(entry)
        _flusher.add(self)

    def flush(self) -> None:
        """Writes what waits. Raises the database's errors, and keeps the lines for the next time."""
        with self._flushing:
            with self._lock:
                entries, self._entries = self._entries, []
            if not entries:
                return
            try:
                self._append(entries)
            except (LeaseLostError, LogStream.DoesNotExist):
                return  # another worker writes by now, or the project was deleted
            except Error:
                with self._lock:
                    self._entries[:0] = entries
                raise

    def _append(self, entries: list[logs.Entry]) -> None:
        if self._lease is None or self._lease.finished:
            logs.append(self.stream, entries)
            return
        with self._lease.transaction():
            logs.append(self.stream, entries)


class _Flusher:
    def __init__(self) -> None:
        self._writers: set[LogWriter] = set()
        self._lock = Lock()
        self._work = Event()
        self._thread: Thread | None = None

    def add(self, writer: LogWriter) -> None:
        with self._lock:
            self._writers.add(writer)
            self._work.set()
            if self._thread is None or not self._thread.is_alive():
                self._thread = Thread(target=self._run, name="log-flusher", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while self._work.wait():
            Event().wait(FLUSH_SECONDS)
            with self._lock:
                writers, self._writers = self._writers, set()
                self._work.clear()
            try:
                self._flush(writers)
            finally:
                connection.close()

    def _flush(self, writers: set[LogWriter]) -> None:
        for writer in writers:
            try:
                writer.flush()
            except Error as error:
                log.warning("log lines wait for the database", stream=writer.stream.pk, error=str(error))
                connection.close()
                self.add(writer)


_flusher = _Flusher()
