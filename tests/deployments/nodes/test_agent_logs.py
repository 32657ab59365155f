"""What agents print, from their files into the store."""

from __future__ import annotations

from pathlib import Path

import pytest

from builds import logs
from builds.log_writer import LogWriter
from builds.models import LogStream
from builds.redaction import Redactor
from deployments.nodes.agent_logs import Tail, Tails
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def stream() -> LogStream:
    return logs.open_stream(factories.team())


def tail(path: Path, stream: LogStream, **values: str) -> Tail:
    return Tail(path, LogWriter(stream), Redactor.of(values).stream())


def texts(stream: LogStream) -> list[str]:
    return [line.text for line in logs.read(stream.pk).lines]


def test_lines_are_written_once_however_they_come(stream: LogStream, tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    followed = tail(path, stream)
    with path.open("a") as log:
        for part in ("one\ntw", "o\n", "", "three\n"):
            log.write(part)
            log.flush()
            followed.read()
    followed.end()
    assert texts(stream) == ["one", "two", "three"]


@pytest.mark.parametrize("last", ["no end of line", "sk-1", "sk-12345", "a\n", ""])
def test_at_the_end_nothing_is_held_back(stream: LogStream, tmp_path: Path, last: str) -> None:
    path = tmp_path / "a.log"
    followed = tail(path, stream, KEY="sk-1234567890")
    path.write_text(f"first\n{last}")
    tails = Tails()
    tails.follow(1, followed)
    tails.read_all()
    tails.leave_all()
    assert texts(stream) == ["first", *last.splitlines()]


def test_what_another_node_wrote_before_is_not_written_again(stream: LogStream, tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_text("before\n")
    followed = tail(path, stream)
    with path.open("a") as log:
        log.write("after\n")
    followed.end()
    assert texts(stream) == ["after"]


def test_a_file_that_is_not_there_yet_is_no_matter(stream: LogStream, tmp_path: Path) -> None:
    tail(tmp_path / "later.log", stream).end()
    assert texts(stream) == []
