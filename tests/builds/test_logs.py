"""The LogStore: batches with sequences, read from anywhere, fenced, sealed at the end."""

from __future__ import annotations

from threading import Barrier, Thread

import pytest
from django.db import connection, connections

from builds import logs
from builds.log_writer import LogWriter
from builds.models import LogBatch, LogStream
from builds.storage import object_store
from projects import operations
from projects.leases import Lease
from projects.models import Operation
from tests import factories


@pytest.fixture
def stream() -> LogStream:
    return logs.open_stream(factories.team())


def write(stream: LogStream, *texts: str) -> None:
    logs.append(stream, [logs.entry("step", text) for text in texts])


def texts(stream: LogStream, **options: int) -> list[str]:
    return [line.text for line in logs.read(stream.pk, **options).lines]


@pytest.mark.django_db
class TestReading:
    def test_lines_have_consecutive_sequences_over_all_batches(self, stream: LogStream) -> None:
        write(stream, "a", "b")
        write(stream, "c")
        page = logs.read(stream.pk)
        assert [(line.sequence, line.text, line.step) for line in page.lines] == [
            (0, "a", "step"),
            (1, "b", "step"),
            (2, "c", "step"),
        ]
        assert not page.ended

    @pytest.mark.parametrize(("after", "expected"), [(-1, "abc"), (0, "bc"), (1, "c"), (2, ""), (99, "")])
    def test_reading_resumes_after_any_line(self, stream: LogStream, after: int, expected: str) -> None:
        write(stream, "a", "b")
        write(stream, "c")
        assert "".join(texts(stream, after=after)) == expected

    def test_a_stream_is_ended_once_its_last_line_was_read(self, stream: LogStream) -> None:
        for number in range(30):
            write(stream, str(number))
        logs.end_stream(stream)
        first = logs.read(stream.pk, limit=10)
        assert not first.ended
        collected, after, ended = [line.text for line in first.lines], first.lines[-1].sequence, False
        while not ended:
            page = logs.read(stream.pk, after=after, limit=10)
            collected += [line.text for line in page.lines]
            after, ended = page.lines[-1].sequence if page.lines else after, page.ended
        assert collected == [str(number) for number in range(30)]

    def test_many_small_batches_are_read_page_by_page(self, stream: LogStream) -> None:
        for number in range(250):
            write(stream, str(number))
        logs.end_stream(stream)
        first = logs.read(stream.pk)
        assert not first.ended
        rest = logs.read(stream.pk, after=first.lines[-1].sequence)
        assert len(first.lines) + len(rest.lines) == 250
        assert rest.ended

    def test_an_empty_stream_that_ended_is_ended(self, stream: LogStream) -> None:
        logs.end_stream(stream)
        assert logs.read(stream.pk) == logs.Page([], ended=True)

    def test_what_no_database_holds_is_made_harmless(self, stream: LogStream) -> None:
        write(stream, "a\x00b", "\ud800", "x" * 10_000)
        nul, surrogate, long = texts(stream)
        assert nul == "a\ufffdb"
        assert surrogate == "?"
        assert long.endswith("… (10,000 characters)")
        assert len(long) < 8_100

    def test_a_stream_without_end_is_not_kept_without_end(self, stream: LogStream) -> None:
        LogStream.objects.filter(pk=stream.pk).update(next_sequence=logs.MAX_LINES - 1)
        write(stream, "the last one")
        write(stream, "too much")
        assert texts(stream, after=logs.MAX_LINES - 10) == ["the last one"]
        logs.end_stream(stream)
        assert logs.read(stream.pk, after=logs.MAX_LINES - 10).ended


@pytest.mark.django_db
class TestSealing:
    def test_a_sealed_stream_reads_as_before(self, stream: LogStream) -> None:
        write(stream, "a", "ü")
        write(stream, "c")
        logs.end_stream(stream)
        before = logs.read(stream.pk)
        logs.seal(stream)
        assert not LogBatch.objects.filter(stream=stream).exists()
        assert logs.read(stream.pk) == before
        assert texts(stream, after=0) == ["ü", "c"]
        assert not logs.read(stream.pk, limit=1).ended

    def test_sealed_twice_it_is_the_same_object(self, stream: LogStream) -> None:
        write(stream, "a")
        logs.end_stream(stream)
        logs.seal(stream)
        stream.refresh_from_db()
        assert object_store().exists(stream.object_key)
        assert f"/{stream.team_id}/" in stream.object_key

    def test_only_what_ended_a_while_ago_is_sealed(self, stream: LogStream) -> None:
        open_one, fresh = logs.open_stream(stream.team), logs.open_stream(stream.team)
        for one in (stream, fresh):
            logs.end_stream(one)
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE builds_logstream SET ended_at = now() - interval '2 minutes' WHERE id = %s", [stream.pk]
            )
        assert logs.seal_ended(older_than_seconds=60) == 1
        assert set(LogStream.objects.filter(object_key="")) == {open_one, fresh}


@pytest.mark.django_db(transaction=True)
class TestWriting:
    def lease(self, stream: LogStream) -> Lease:
        operations.enqueue(stream.team, "build", stream.pk, f"log:{stream.pk}")
        lease = operations.take("build")
        assert lease is not None
        return lease

    def test_lines_are_written_in_a_batch(self, stream: LogStream) -> None:
        writer = LogWriter(stream)
        for number in range(100):
            writer.write("step", str(number))
        writer.flush()
        assert texts(stream) == [str(number) for number in range(100)]
        assert LogBatch.objects.count() <= 3

    def test_under_a_lease_that_is_lost_nothing_is_written(self, stream: LogStream) -> None:
        lease = self.lease(stream)
        writer = LogWriter(stream, lease)
        writer.write("step", "while it is held")
        writer.flush()
        Operation.objects.update(fence=lease.fence + 1)
        writer.write("step", "too late")
        writer.flush()
        assert texts(stream) == ["while it is held"]

    def test_a_stream_that_was_deleted_holds_up_no_other(self, stream: LogStream) -> None:
        gone = logs.open_stream(stream.team)
        writers = [LogWriter(gone), LogWriter(stream)]
        gone.delete()
        for writer in writers:
            writer.write("step", "said")
        for writer in writers:
            writer.flush()
        assert texts(stream) == ["said"]

    def test_writers_at_once_share_no_sequence(self, stream: LogStream) -> None:
        start = Barrier(6)

        def write_some() -> None:
            start.wait()
            for _ in range(10):
                write(stream, "one", "two")
            connections.close_all()

        threads = [Thread(target=write_some) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        sequences = [line.sequence for line in logs.read(stream.pk).lines]
        assert sequences == list(range(120))
