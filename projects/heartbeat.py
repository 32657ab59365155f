"""One thread of a worker renews all of its leases, and learns from the same query which to stop."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Lock, Thread

import structlog
from django.conf import settings
from django.db import Error, connection

from projects.leases import Lease

log = structlog.get_logger(__name__)

_RENEW = """
    UPDATE projects_operation SET lease_expires_at = now() + make_interval(secs => %s)
    WHERE status = 'running' AND (id, fence) IN (SELECT * FROM unnest(%s::bigint[], %s::bigint[]))
    RETURNING id, cancel_requested_at IS NOT NULL
"""


class Heartbeat:
    def __init__(self, every_seconds: float = 1.0) -> None:
        self._every_seconds = every_seconds
        self._leases: dict[int, Lease] = {}
        self._lock = Lock()
        self._work = Event()
        self._thread: Thread | None = None

    @contextmanager
    def keeping(self, lease: Lease) -> Iterator[None]:
        """Renews the lease for as long as the block runs."""
        with self._lock:
            self._leases[lease.operation.pk] = lease
            self._start()
        try:
            yield
        finally:
            with self._lock:
                self._leases.pop(lease.operation.pk, None)

    def hand_back_all(self) -> int:
        """Asks whatever this worker does to stop and to go back; returns how much that is."""
        with self._lock:
            leases = list(self._leases.values())
        for lease in leases:
            lease.handed_back = True
            lease.stopped.set()
        return len(leases)

    def _start(self) -> None:
        self._work.set()
        if self._thread is None or not self._thread.is_alive():
            self._thread = Thread(target=self._beat, name="lease-heartbeat", daemon=True)
            self._thread.start()

    def _beat(self) -> None:
        while self._work.wait():
            with self._lock:
                leases = dict(self._leases)
                if not leases:
                    self._work.clear()
            if leases:
                self._renew_all(leases)
            Event().wait(self._every_seconds)

    def _renew_all(self, leases: dict[int, Lease]) -> None:
        try:
            held = _renew(leases)
        except Error as error:
            # A lease outlives a short outage of the database; a long one is for the reaper.
            log.warning("leases could not be renewed", error=str(error), leases=len(leases))
        else:
            for identifier, lease in leases.items():
                if held.get(identifier, True):
                    lease.cancelled = identifier in held
                    lease.stopped.set()
        finally:
            connection.close()


def _renew(leases: dict[int, Lease]) -> dict[int, bool]:
    """From each operation still held to whether someone asked to cancel it."""
    with connection.cursor() as cursor:
        fences = [lease.fence for lease in leases.values()]
        cursor.execute(_RENEW, [settings.LEASE_SECONDS, list(leases), fences])
        return dict(cursor.fetchall())


heartbeat = Heartbeat()
