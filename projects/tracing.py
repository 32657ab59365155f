"""Traces: what happened because of what, over all processes. Off, and nothing of it loaded, without a collector."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import lru_cache
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string
from structlog.contextvars import bound_contextvars


class Tracer(Protocol):
    """Of whoever collects. A trace goes by W3C's traceparent, so that rows can hand it on."""

    def span(self, name: str, parent: str, ids: dict[str, str | int]) -> AbstractContextManager[str]:
        """Yields its trace's id. Below `parent`, or below what this thread is in where that is ""."""
        ...

    def current(self) -> str: ...


@contextmanager
def span(name: str, *, parent: str = "", **ids: str | int) -> Iterator[None]:
    """For as long as the block lasts; logs in it have the trace's id, and the trace has the ids of the logs."""
    tracer = _tracer()
    if tracer is None:
        yield
        return
    with tracer.span(name, parent, ids) as trace, bound_contextvars(trace=trace):
        yield


def current() -> str:
    """To be kept in a row, for who goes on with the work; "" where nothing is traced."""
    tracer = _tracer()
    return tracer.current() if tracer is not None else ""


@lru_cache(maxsize=1)
def _tracer() -> Tracer | None:
    if not settings.TRACES_TO:
        return None
    made: Tracer = import_string(settings.TRACER)(settings.TRACES_TO, settings.TRACE_HEADERS, settings.PROCESS)
    return made
