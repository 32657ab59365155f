"""Counts what this node's agents do, and adds it to the rows now and then. The node's loop never waits for that."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Final

import structlog
from django.db import Error, connection

from deployments.metrics.adding import Count, Minute, add
from deployments.metrics.latency import bucket_of
from deployments.nodes.access_log import Request
from deployments.nodes.token_reports import tokens_of

log = structlog.get_logger(__name__)
SAVE_SECONDS: Final = 10
#: While the database is away counts wait in memory, but not without end: a day of fourteen busy agents.
MAX_WAITING: Final = 20_000


@dataclass(slots=True)
class Meter:
    """Any thread may count. What does not fit any more is not counted."""

    _counts: dict[Minute, Count] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def requests(self, requests: Iterable[Request], served: Mapping[str, int]) -> None:
        """`served` is which deployment each host meant; what meant none is not an agent's."""
        for one in requests:
            if (deployment := served.get(one.host)) is not None:
                self._add({Minute(deployment, int(one.began // 60)): _count(one)})

    def printed(self, deployment: int, line: bytes) -> None:
        """A line that the agent printed."""
        if tokens := tokens_of(line):
            count = Count(input_tokens=tokens.input, output_tokens=tokens.output)
            self._add({Minute(deployment, int(time.time() // 60)): count})

    def save(self) -> None:
        """Adds what was counted since. When that cannot be it waits for the next time."""
        with self._lock:
            counts, self._counts = self._counts, {}
        if not counts:
            return
        try:
            add(counts)
        except Error as error:
            log.warning("counts of agents wait for the database", minutes=len(counts), error=str(error))
            self._add(counts)
        finally:
            connection.close()

    def _add(self, counts: Mapping[Minute, Count]) -> None:
        with self._lock:
            for minute, count in counts.items():
                if minute in self._counts:
                    self._counts[minute].add(count)
                elif len(self._counts) < MAX_WAITING:
                    self._counts[minute] = count


def _count(request: Request) -> Count:
    count = Count(
        requests=1,
        client_errors=int(400 <= request.status < 500),
        server_errors=int(request.status >= 500),
    )
    if request.seconds is not None:
        count.latency[bucket_of(request.seconds)] = 1
    return count
