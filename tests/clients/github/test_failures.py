"""What goes wrong on the way, told to the fake: each becomes one of the port's errors."""

from __future__ import annotations

import time

import pytest

from clients.code_host import CommitStatus, StatusState
from clients.code_host_errors import (
    CodeHostBusyError,
    CodeHostError,
    CodeHostRefusedError,
    CodeHostRejectedError,
)
from clients.github.connection import Connection
from clients.github.limits import wait_seconds
from tests.clients.github.conftest import Linked
from tests.fakes.github import Fault
from tests.web_server import Reply, web_server


def _status(linked: Linked) -> CommitStatus:
    return CommitStatus(linked.sha, "dexto/agent", StatusState.PENDING, "Building", "http://localhost:8400")


@pytest.mark.parametrize("status", [500, 502, 503, 409])
def test_an_outage_may_pass(linked: Linked, status: int) -> None:
    linked.world.faults.append(Fault("POST /repos/acme/agent/statuses", status))
    with pytest.raises(CodeHostError, match=f"commit's status.*{status}"):
        linked.reports.create_status(_status(linked))
    linked.reports.create_status(_status(linked))
    assert len(linked.world.statuses) == 1


def test_a_lost_answer_leaves_what_was_done(linked: Linked) -> None:
    linked.world.faults.append(Fault("POST /repos/acme/agent/statuses", after=True))
    reports = linked.reports
    with pytest.raises(CodeHostError, match="no answer"):
        reports.create_status(_status(linked))
    assert reports.has_status(_status(linked))


def test_a_secondary_limit_says_how_long_to_wait(linked: Linked) -> None:
    linked.world.writes_a_minute = 2
    reports = linked.reports
    for _ in range(2):
        reports.create_status(_status(linked))
    with pytest.raises(CodeHostBusyError) as found:
        reports.create_status(_status(linked))
    assert found.value.retry_after_seconds == 60


def test_a_used_up_hour_says_when_it_is_over(linked: Linked) -> None:
    reports = linked.reports
    reports.create_status(_status(linked))
    for token in linked.world.tokens.values():
        token.remaining = 0
    with pytest.raises(CodeHostBusyError) as found:
        reports.create_status(_status(linked))
    assert 1_790 < found.value.retry_after_seconds <= 1_802


def test_a_permission_that_is_missing_is_no_rate_limit(linked: Linked) -> None:
    linked.world.faults.append(Fault("/statuses/", 403, message="Resource not accessible by integration"))
    with pytest.raises(CodeHostRefusedError, match="Resource not accessible by integration"):
        linked.reports.create_status(_status(linked))


def test_what_is_rejected_says_why(linked: Linked) -> None:
    linked.world.faults.append(Fault("/statuses/", 422, message="Validation Failed"))
    with pytest.raises(CodeHostRejectedError, match="Validation Failed"):
        linked.reports.create_status(_status(linked))


def test_a_limit_without_a_time_is_a_minute() -> None:
    assert wait_seconds(403, {}, "You have exceeded a Secondary Rate Limit.", now=0) == 60
    assert wait_seconds(429, {"retry-after": "7"}, "", now=0) == 7
    assert wait_seconds(403, {"x-ratelimit-remaining": "3", "x-ratelimit-reset": "9"}, "no", now=0) is None
    assert wait_seconds(200, {"retry-after": "7"}, "", now=0) is None


def test_a_credential_goes_to_no_other_host() -> None:
    with web_server() as thief, web_server() as host:
        host.answers["/moved"] = Reply(302, headers={"Location": f"{thief.url}/here"})
        host.answers["/paged"] = Reply(body=b"[1]", headers={"Link": f'<{thief.url}/2>; rel="next"'})
        connection = Connection(host.url, lambda: "Bearer secret")
        with pytest.raises(CodeHostError, match="another host"):
            connection.get("look", "/moved")
        with pytest.raises(CodeHostError, match="another host"):
            list(connection.listed("look", "/paged"))
        assert thief.seen == []


def test_an_answer_that_is_none_is_said_to_be_none() -> None:
    with web_server({"/a": Reply(body=b"<html>"), "/loop": Reply(301, headers={"Location": "/loop"})}) as host:
        connection = Connection(host.url)
        with pytest.raises(CodeHostError, match="described form"):
            connection.get("look", "/a")
        with pytest.raises(CodeHostError, match="without an end"):
            connection.get("look", "/loop")


def test_writes_keep_their_distance() -> None:
    with web_server({"/a": Reply(body=b"{}")}) as host:
        connection = Connection(host.url, seconds_between_writes=0.05)
        began = time.monotonic()
        for _ in range(3):
            connection.ask("write", "POST", "/a", {})
        assert time.monotonic() - began >= 0.1
