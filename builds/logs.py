"""The LogStore: streams of (sequence, time, step, text), written in batches, read by anyone who follows.

PostgreSQL holds a stream while it lives; once ended it is sealed into one object. Valkey only wakes readers.
"""

from __future__ import annotations

import gzip
import json
import time
from dataclasses import dataclass
from typing import Any, Final

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from builds.models import LogBatch, LogStream
from builds.storage import object_store
from clients.wakes import wake
from projects.models import Team

log = structlog.get_logger(__name__)
CHANNEL: Final = "dexto:logs"
MAX_LINE: Final = 8_000  # characters
MAX_LINES: Final = 200_000  # of one stream; what comes after is not kept
Entry = tuple[int, str, str]  # milliseconds since the epoch, step, text


@dataclass(frozen=True, slots=True)
class Line:
    sequence: int
    at_ms: int
    step: str
    text: str

    def as_dict(self) -> dict[str, object]:
        return {"sequence": self.sequence, "at": self.at_ms, "step": self.step, "text": self.text}


@dataclass(frozen=True, slots=True)
class Page:
    """Some lines, and whether more can come."""

    lines: list[Line]
    ended: bool


def entry(step: str, text: str) -> Entry:
    return int(time.time() * 1000), step, text


def open_stream(team: Team) -> LogStream:
    stream: LogStream = LogStream.objects.create(team=team)
    return stream


def append(stream: LogStream, entries: list[Entry]) -> None:
    """One batch, in the caller's transaction if there is one. Readers are woken when it commits."""
    with transaction.atomic():
        rows = LogStream.objects.filter(pk=stream.pk)
        rows.update(next_sequence=F("next_sequence") + len(entries))
        end = rows.values_list("next_sequence", flat=True).get()
        first = end - len(entries)
        if first < MAX_LINES:
            LogBatch.objects.create(
                team_id=stream.team_id,
                stream=stream,
                first=first,
                last=end - 1,
                lines=list(map(_clean, entries)),
            )
        wake_readers(stream)


def wake_readers(stream: LogStream) -> None:
    transaction.on_commit(lambda: wake(settings.REDIS_URL, CHANNEL, str(stream.pk)))


def end_stream(stream: LogStream) -> None:
    LogStream.objects.filter(pk=stream.pk, ended_at=None).update(ended_at=Now())
    wake_readers(stream)


def read(stream_id: int, *, after: int = -1, limit: int = 2_000) -> Page:
    """The lines that follow sequence `after`, at most about `limit` of them."""
    stream = LogStream.objects.get(pk=stream_id)
    if stream.expired:
        gone = Line(0, 0, "", "This log was kept for long enough, and is gone.")
        return Page([gone] if after < 0 else [], ended=True)
    if stream.object_key:
        lines = [line for line in _sealed_lines(stream) if line.sequence > after]
        return Page(lines[:limit], ended=len(lines) <= limit)
    lines = []
    batches = LogBatch.objects.filter(stream_id=stream_id, last__gt=after).order_by("first")
    for batch in batches[: limit // 10 + 1].iterator(chunk_size=200):
        lines += [line for line in _lines_of(batch) if line.sequence > after]
        if len(lines) >= limit:
            return Page(lines, ended=False)
    complete = not lines or lines[-1].sequence >= min(stream.next_sequence, MAX_LINES) - 1
    return Page(lines, ended=stream.ended_at is not None and complete)


def sequence_at(stream: LogStream, at_ms: int) -> int:
    """The number of the first line that was written at that time or later; where there is none, the next one's."""
    lines = _sealed_lines(stream) if stream.object_key else _lines_about(stream, at_ms)
    return next((line.sequence for line in lines if line.at_ms >= at_ms), int(stream.next_sequence))


def _lines_about(stream: LogStream, at_ms: int) -> list[Line]:
    """Of the last batch that begins before that time, and of the one after it. Found by halves: numbers have an index,
    times have none."""
    batches = LogBatch.objects.filter(stream=stream)
    low, high = 0, min(stream.next_sequence, MAX_LINES)
    while low < high:
        middle = (low + high + 1) // 2
        batch = batches.filter(first__lte=middle).order_by("-first").first()
        if batch is None or batch.lines[0][0] < at_ms:
            low = middle
        else:
            high = batch.first - 1
    return [line for batch in batches.filter(last__gte=low).order_by("first")[:2] for line in _lines_of(batch)]


def seal(stream: LogStream) -> None:
    """Moves an ended stream into one object. Done twice, it gives the same object."""
    key = f"logs/{stream.team_id}/{stream.pk}.json.gz"
    batches = LogBatch.objects.filter(stream=stream).order_by("first")
    entries = [entry for batch in batches.iterator(chunk_size=200) for entry in batch.lines]
    content = gzip.compress(json.dumps(entries, separators=(",", ":")).encode(), mtime=0)
    object_store().put(key, content, content_type="application/gzip")
    with transaction.atomic():
        LogStream.objects.filter(pk=stream.pk).update(object_key=key)
        LogBatch.objects.filter(stream=stream).delete()


def seal_ended(*, older_than_seconds: int, at_most: int = 50) -> int:
    ended = LogStream.objects.filter(object_key="", ended_at__isnull=False).extra(
        where=["ended_at < now() - make_interval(secs => %s)"], params=[older_than_seconds]
    )
    streams = list(ended.order_by("ended_at")[:at_most])
    for stream in streams:
        seal(stream)
    return len(streams)


def _sealed_lines(stream: LogStream) -> list[Line]:
    entries: list[Any] = json.loads(gzip.decompress(object_store().get(stream.object_key)))
    return [Line(sequence, *entry) for sequence, entry in enumerate(entries)]


def _lines_of(batch: LogBatch) -> list[Line]:
    return [Line(batch.first + index, *entry) for index, entry in enumerate(batch.lines)]


def _clean(entry: Entry) -> Entry:
    """PostgreSQL's JSON holds no NUL, and nobody reads a line of a megabyte."""
    at_ms, step, text = entry
    text = text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()
    return at_ms, step, text if len(text) <= MAX_LINE else f"{text[:MAX_LINE]}… ({len(text):,} characters)"
