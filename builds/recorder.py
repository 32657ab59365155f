"""Progress of a build or release, kept: steps as rows, lines in the log, all under the lease's fence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.db import Error
from django.db.models.functions import Now

from builds import logs
from builds.log_writer import LogWriter
from builds.models import LogStream, Step
from projects import tracing
from projects.leases import Lease, LeaseLostError


class Recorder:
    """A Progress for the runner. A new attempt starts the timeline anew; the log goes on."""

    def __init__(self, stream: LogStream, lease: Lease) -> None:
        self._stream = stream
        self._lease = lease
        self._writer = LogWriter(stream, lease)
        self._step = ""
        self._position = 0
        self._first = True

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        self.check()
        self._start(name)
        try:
            with tracing.span(name):
                yield
        except LeaseLostError:
            raise
        except BaseException:
            with suppress(LeaseLostError, Error):
                self._finish("failed")
            raise
        else:
            self._finish("done")

    def line(self, text: str) -> None:
        self._writer.write(self._step, text)

    def check(self) -> None:
        self._lease.check()

    def flush(self) -> None:
        """Before the end is written, so that who sees the end has seen every line."""
        with suppress(Error):
            self._writer.flush()

    def _start(self, name: str) -> None:
        self._step = name
        with self._lease.transaction():
            if self._first:
                Step.objects.filter(stream=self._stream).delete()
                self._first = False
            Step.objects.create(team_id=self._stream.team_id, stream=self._stream, position=self._position, name=name)
        logs.wake_readers(self._stream)
        self._position += 1

    def _finish(self, outcome: str) -> None:
        with self._lease.transaction():
            Step.objects.filter(stream=self._stream, position=self._position - 1).update(
                outcome=outcome, finished_at=Now()
            )
