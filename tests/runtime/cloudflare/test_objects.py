"""Sessions that live in objects of their own, and what holds them together."""

from __future__ import annotations

from tests.runtime.client import Caller, until
from tests.runtime.conftest import Start
from tests.runtime.projects import Project, agent, project
from tests.runtime.targets import wait_until


def listed(caller: Caller) -> set[str]:
    return {session["id"] for session in caller.get("/api/sessions")["sessions"]}


def test_the_list_of_sessions_holds_those_of_all_objects(caller: Caller) -> None:
    sessions = {f"{caller.session}-{number}" for number in range(3)}
    for session in sessions:
        caller.say("hello", session)
    wait_until(lambda: sessions <= listed(caller), "all sessions are listed")
    gone = min(sessions)
    caller.send(caller.at("", gone), method="DELETE")
    assert listed(caller) & sessions == sessions - {gone}
    caller.get(caller.at("", gone), 404)


def test_a_fork_is_an_object_of_its_own_with_the_history_so_far(caller: Caller) -> None:
    caller.say("remember me")
    fork = caller.send(caller.at("/fork"), status=201)["session"]["id"]
    caller.say("only there", fork)
    assert caller.texts(fork) == ["remember me", "You said: remember me", "only there", "You said: only there"]
    assert caller.texts() == ["remember me", "You said: remember me"]


def test_search_finds_what_was_said_in_any_session(caller: Caller) -> None:
    word = f"w{caller.session.removeprefix('session-')}"
    for number in range(2):
        caller.say(f"{word} number {number}", f"{caller.session}-{number}")
    found = {f"{caller.session}-{number}" for number in range(2)}

    def sessions() -> set[str]:
        results = caller.get("/api/search/messages", q=word)["results"]
        return {result["sessionId"] for result in results}

    wait_until(lambda: sessions() == found, "both sessions are found")
    caller.send(caller.at("", f"{caller.session}-0"), method="DELETE")
    assert sessions() == found - {f"{caller.session}-0"}


def test_a_new_session_without_an_id_gets_one(caller: Caller) -> None:
    session = caller.send("/api/sessions", {"title": "new"}, 201)["session"]["id"]
    assert caller.get(caller.at("", session))["session"]["title"] == "new"


def test_agents_of_a_project_know_nothing_of_each_others_sessions(start: Start) -> None:
    running = start(Project({"one": agent(), "two": agent()}))
    one, two = Caller(running.url), Caller(running.url, "/agents/two")
    two.session = one.session
    one.say("for one")
    two.say("for two")
    assert one.texts() == ["for one", "You said: for one"]
    assert two.texts() == ["for two", "You said: for two"]
    wait_until(lambda: len(listed(one)) == len(listed(two)) == 1, "each lists its own")


def test_questions_of_all_sessions_are_listed_and_answered(start: Start, mcp_url: str) -> None:
    caller = Caller(start(project(mcpServers={"tests": {"type": "http", "url": f"{mcp_url}/mcp"}})).url)
    with caller.stream('tool add {"a": 2, "b": 3}') as events:
        until(events, "approval:request")
        wait_until(lambda: len(caller.get("/api/approvals")["approvals"]) == 1, "the question is listed")
        (question,) = caller.get("/api/approvals")["approvals"]
        assert caller.get("/api/approvals", sessionId=caller.session)["approvals"] == [question]
        caller.send(f"/api/approvals/{question['approvalId']}", {"status": "approved"})
        assert until(events, "llm:response")["content"] == "The tool said: 5"
    wait_until(lambda: caller.get("/api/approvals")["approvals"] == [], "it is no longer listed")


def test_requests_are_counted_over_all_objects(start: Start) -> None:
    caller = Caller(start(project(), DEXTO_REQUESTS_PER_MINUTE="4").url)
    statuses = [caller.http.get(caller.at("", f"s{number}")).status_code for number in range(6)]
    assert statuses.count(404) <= 4
    assert statuses[-1] == 429


def test_everything_is_there_after_a_restart(start: Start) -> None:
    running = start(project())
    caller = Caller(running.url)
    caller.say("before")
    wait_until(lambda: caller.session in listed(caller), "it is listed")
    running.restart()
    later = Caller(running.url)
    later.session = caller.session
    assert listed(later) == {caller.session}
    later.say("history")
    assert later.texts()[-1] == "I was shown 3 messages"


def test_a_stranger_makes_no_objects(start: Start) -> None:
    running = start(project(), DEXTO_API_KEYS="key-of-tests")
    Caller(running.url).get("/api/sessions/strange", 401)
    folder = running.folder / "state" / "durable-objects"
    assert not list((folder / "SessionObject").glob("[0-9a-f]*.sqlite"))
    assert Caller(running.url, key="key-of-tests").get("/api/sessions/strange", 404)
