"""What was idle for long goes to the bucket, and comes back."""

from __future__ import annotations

import json
from typing import Any

from tests.runtime.client import Caller
from tests.runtime.conftest import Start
from tests.runtime.projects import project
from tests.runtime.targets import Running, wait_until

SOON = {"DEXTO_ARCHIVE_AFTER_MS": "400"}


def archived(running: Running) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in running.log.splitlines() if line.startswith("{")]
    return [line for line in lines if line["message"] == "session archived"]


def talked(start: Start, turns: int) -> tuple[Running, Caller, list[str]]:
    """A session that was archived after so many turns, with what was said in it."""
    running = start(project(), **SOON)
    caller = Caller(running.url)
    for number in range(turns):
        caller.say(f"walnut {number}")
    said = [text for number in range(turns) for text in (f"walnut {number}", f"You said: walnut {number}")]
    wait_until(lambda: len(archived(running)) > 0, "it was archived")
    return running, caller, said


def test_an_archived_session_reads_as_before(start: Start) -> None:
    running, caller, said = talked(start, 8)
    (record,) = archived(running)
    assert record["messages"] == 16
    assert 0 < record["bytes"] < len(json.dumps(caller.history())) / 2
    assert caller.texts() == said
    page = caller.get(caller.at("/history"), limit="3", before=caller.history()[5]["id"])["history"]
    assert [one["content"][0]["text"] for one in page] == said[2:5]
    assert caller.get(caller.at())["session"]["messageCount"] == 16


def test_an_archived_session_goes_on_where_it_was(start: Start) -> None:
    running, caller, said = talked(start, 7)
    assert caller.say("history")["response"] == "I was shown 15 messages"
    assert caller.texts()[:14] == said
    wait_until(lambda: len(archived(running)) > 1, "it is archived again")
    assert caller.texts() == [*said, "history", "I was shown 15 messages"]


def test_an_archive_is_there_after_a_restart_and_goes_with_its_session(start: Start) -> None:
    running, caller, said = talked(start, 6)
    running.restart()
    later = Caller(running.url)
    later.session = caller.session
    assert later.texts() == said
    later.send(later.at(), method="DELETE")
    later.say("anew")
    assert later.texts() == ["anew", "You said: anew"]


def test_search_finds_what_is_archived(start: Start) -> None:
    _, caller, _ = talked(start, 6)
    results = caller.get("/api/search/messages", q="walnut 0")["results"]
    assert {result["sessionId"] for result in results} == {caller.session}


def test_a_short_session_stays(start: Start) -> None:
    running = start(project(), **SOON)
    caller = Caller(running.url)
    caller.say("only this")
    other = Caller(running.url)
    for number in range(6):
        other.say(str(number))
    wait_until(lambda: len(archived(running)) > 0, "the longer one was archived")
    assert [record["sessionId"] for record in archived(running)] == [other.session]
    assert caller.texts() == ["only this", "You said: only this"]
