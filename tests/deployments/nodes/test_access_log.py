"""The edge's log, followed: every request once, whatever the file goes through, and nothing of a line that is none."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployments.nodes.access_log import AccessLog, Request, request_of


def line(host: str = "agent.localhost", status: object = 200, **others: object) -> bytes:
    said = {"ts": 1_000.0, "request": {"host": host}, "status": status, "kind": "text/plain", "took_ms": 250.0}
    return json.dumps(said | others).encode()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "access.log"


@pytest.fixture
def followed(path: Path) -> Iterator[AccessLog]:
    """A log that was empty at the first look."""
    path.touch()
    log = AccessLog(path)
    assert log.requests() == []
    yield log
    log.close()


def write(path: Path, *numbers: int) -> None:
    with path.open("ab") as log:
        log.writelines(line(f"agent-{number}") + b"\n" for number in numbers)


def seen(log: AccessLog) -> list[int]:
    """The numbers of the hosts that were asked for since the last look."""
    return [int(one.host.removeprefix("agent-")) for one in log.requests()]


class TestLine:
    def test_it_says_who_was_asked_when_and_for_how_long(self) -> None:
        assert request_of(line("Agent.Localhost:8400", 404)) == Request("agent.localhost", 404, 999.75, 0.25)

    @pytest.mark.parametrize(
        "others", [{"status": 101}, {"kind": "text/event-stream"}, {"kind": "text/event-stream; charset=utf-8"}]
    )
    def test_what_lasts_as_long_as_somebody_listens_has_no_latency(self, others: dict[str, object]) -> None:
        found = request_of(line(**others))
        assert found is not None
        assert (found.began, found.seconds) == (999.75, None)

    def test_nor_has_an_answer_that_broke_off(self) -> None:
        broken = json.dumps({"ts": 1_000.0, "request": {"host": "a"}, "status": 200, "duration": 0}).encode()
        assert request_of(broken) == Request("a", 200, 1_000.0, None)

    def test_the_last_word_holds_where_the_gateway_spoke_too(self) -> None:
        twice = line()[:-1] + b', "kind": "text/event-stream", "took_ms": 500.0}'
        assert request_of(twice) == Request("agent.localhost", 200, 999.5, None)

    @pytest.mark.parametrize(
        "others",
        [
            {"status": "200"},
            {"status": -1},
            {"status": True},
            {"ts": "soon"},
            {"ts": 1e300},
            {"ts": float("nan")},
            {"took_ms": float("nan")},
            {"took_ms": float("inf")},
            {"took_ms": -1},
            {"took_ms": 10**400},
            {"request": []},
            {"request": {"host": 7}},
        ],
    )
    def test_what_cannot_be_is_no_request(self, others: dict[str, object]) -> None:
        assert request_of(line(**others)) is None

    @given(st.binary(max_size=200) | st.recursive(st.none() | st.integers(), st.lists).map(json.dumps).map(str.encode))
    def test_no_line_hurts(self, content: bytes) -> None:
        assert request_of(content) is None
        assert request_of(b"[" * 100_000 + content) is None


class TestFollowing:
    def test_what_was_there_before_is_not_counted_again(self, path: Path) -> None:
        write(path, 1, 2)
        log = AccessLog(path)
        assert seen(log) == []
        write(path, 3)
        assert seen(log) == [3]
        log.close()

    def test_a_log_that_began_after_the_first_look_is_read_whole(self, path: Path) -> None:
        log = AccessLog(path)
        assert seen(log) == []
        write(path, 1, 2)
        assert seen(log) == [1, 2]
        log.close()

    def test_of_a_file_that_was_rotated_away_the_rest_is_read_first(self, followed: AccessLog, path: Path) -> None:
        write(path, 1)
        assert seen(followed) == [1]
        write(path, 2)
        path.rename(path.with_suffix(".old"))
        write(path, 3)
        assert [*seen(followed), *seen(followed)] == [2, 3]

    def test_also_when_it_was_deleted(self, followed: AccessLog, path: Path) -> None:
        write(path, 1)
        path.unlink()
        assert seen(followed) == [1]
        assert seen(followed) == []
        write(path, 2)
        assert seen(followed) == [2]

    def test_a_file_that_was_cut_is_read_anew(self, followed: AccessLog, path: Path) -> None:
        write(path, 1, 2)
        assert seen(followed) == [1, 2]
        path.write_bytes(b"")
        write(path, 3)
        assert seen(followed) == [3]

    def test_half_a_line_waits_for_its_other_half(self, followed: AccessLog, path: Path) -> None:
        whole = line("agent-1") + b"\n"
        with path.open("ab", buffering=0) as log:
            log.write(whole[:20])
            assert seen(followed) == []
            log.write(whole[20:])
        assert seen(followed) == [1]

    def test_a_line_without_end_is_left_out_and_takes_no_memory(self, followed: AccessLog, path: Path) -> None:
        for _part in range(8):
            with path.open("ab") as log:
                log.write(b"x" * 200_000)
            assert seen(followed) == []
            assert len(followed._rest) < 300_000
        with path.open("ab") as log:
            log.write(b"\n")
        write(path, 1)
        assert seen(followed) == [1]

    def test_a_flood_is_read_bit_by_bit(self, followed: AccessLog, path: Path) -> None:
        numbers = range(30_000)
        write(path, *numbers)
        looks = [seen(followed) for _look in range(4)]
        assert [number for look in looks for number in look] == list(numbers)
        assert len(looks[0]) < len(numbers)

    @given(cuts=st.lists(st.integers(0, 400), max_size=8), rotate=st.sets(st.integers(0, 8)))
    def test_every_request_is_seen_once_however_it_was_written(
        self, tmp_path_factory: pytest.TempPathFactory, cuts: list[int], rotate: set[int]
    ) -> None:
        """In pieces of any size; the file is rotated between whole lines, as Caddy does it."""
        path = tmp_path_factory.mktemp("log") / "access.log"
        followed = AccessLog(path)
        found = seen(followed)
        for number, cut in enumerate([*cuts, 0]):
            whole = line(f"agent-{number}") + b"\n"
            with path.open("ab", buffering=0) as log:
                log.write(whole[:cut])
                found += seen(followed)
                log.write(whole[cut:])
            if number in rotate:
                path.rename(path.with_suffix(f".{number}"))
                found += seen(followed)
        found += seen(followed)
        found += seen(followed)
        assert found == list(range(len(cuts) + 1))
        followed.close()
