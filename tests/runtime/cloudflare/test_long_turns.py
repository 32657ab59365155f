"""Turns that take longer than one invocation may."""

from __future__ import annotations

import signal

from tests.runtime.client import Caller, until
from tests.runtime.conftest import Start
from tests.runtime.projects import project
from tests.runtime.targets import wait_until

NEXT = "the turn goes on in a next invocation"


def test_a_turn_goes_on_in_further_invocations_where_one_is_used_up(start: Start, mcp_url: str) -> None:
    servers = {"tests": {"type": "http", "url": f"{mcp_url}/mcp"}}
    running = start(
        project(llm={"maxIterations": 4}, mcpServers=servers, permissions={"mode": "auto-approve"}),
        DEXTO_INVOCATION_MS="1",
    )
    caller = Caller(running.url)
    events = caller.turn('forever add {"a": 1, "b": 1}')
    assert sum(event["name"] == "llm:tool-result" for event in events) == 4
    assert (events[-1]["name"], events[-1]["finishReason"]) == ("run:complete", "max-steps")
    assert running.log.count(NEXT) >= 3
    assert caller.say("afterwards")["response"] == "You said: afterwards"


def test_a_short_turn_stays_in_its_invocation(start: Start, mcp_url: str) -> None:
    servers = {"tests": {"type": "http", "url": f"{mcp_url}/mcp"}}
    running = start(project(mcpServers=servers, permissions={"mode": "auto-approve"}))
    assert Caller(running.url).say('tool add {"a": 2, "b": 3}')["response"] == "The tool said: 5"
    assert NEXT not in running.log


def test_a_turn_whose_object_was_lost_is_answered_all_the_same(start: Start) -> None:
    running = start(project())
    caller = Caller(running.url)
    with caller.stream("slow 40 100 word") as events:
        until(events, "llm:chunk")
        running.stop(signal.SIGKILL)
    running.start()
    later = Caller(running.url)
    later.session = caller.session
    later.history()  # whoever comes, or an alarm
    wait_until(lambda: len(later.texts()) == 2, "the turn was answered", seconds=30)
    assert "a turn that was lost goes on" in running.log
    assert later.texts()[0] == "slow 40 100 word"
    assert later.texts()[1].count("word") == 40
    assert later.say("afterwards")["response"] == "You said: afterwards"
