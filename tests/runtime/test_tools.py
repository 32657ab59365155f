"""Tools: the loop, approvals and policies, MCP over each transport, the built-in ones."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from builds.node_program import node_program
from tests.runtime.client import Caller, Event, names, until
from tests.runtime.conftest import Start
from tests.runtime.projects import Config, project

ADD = 'tool add {"a": 2, "b": 3}'
MCP_SERVER = str(Path(__file__).parent / "mcp_server.mjs")
TOOL_TURN = ["llm:thinking", "llm:tool-call-partial", "llm:tool-call", "tool:running", "llm:tool-result"]
ASKED_TURN = [*TOOL_TURN[:3], "approval:request", "approval:response", *TOOL_TURN[3:]]
ANSWER = ["llm:thinking", "llm:chunk", "llm:response", "run:complete"]
AUTO = {"mode": "auto-approve"}


@pytest.fixture
def server(mcp_url: str) -> Config:
    return {"type": "http", "url": f"{mcp_url}/mcp"}


def test_a_tool_is_called_and_its_result_answered(start: Start, server: Config) -> None:
    caller = Caller(start(project(mcpServers={"tests": server}, permissions=AUTO)).url)
    events = caller.turn(ADD)
    assert names(events) == [*TOOL_TURN, *ANSWER]
    call = until(iter(events), "llm:tool-call")
    result = until(iter(events), "llm:tool-result")
    assert (call["toolName"], call["args"]) == ("add", {"a": 2, "b": 3})
    assert (result["callId"], result["success"]) == (call["callId"], True)
    assert result["sanitized"] == {"content": [{"type": "text", "text": "5"}]}
    assert events[-2]["content"] == "The tool said: 5" and events[-1]["stepCount"] == 2
    roles = [message["role"] for message in caller.history()]
    assert roles == ["user", "assistant", "tool", "assistant"]
    assert caller.history()[1]["toolCalls"][0]["function"] == {"name": "add", "arguments": '{"a":2,"b":3}'}


def test_several_calls_of_one_answer_run_in_order(start: Start, server: Config) -> None:
    caller = Caller(start(project(mcpServers={"tests": server}, permissions=AUTO)).url)
    said = caller.say('tools add {"a": 1, "b": 1} ; add {"a": 2, "b": 2}')
    assert said["response"] == "The tool said: 2 | 4"


def test_a_tool_that_fails_or_is_not_there_is_an_answer_for_the_model(start: Start, server: Config) -> None:
    caller = Caller(start(project(mcpServers={"tests": server}, permissions=AUTO)).url)
    result = until(iter(caller.turn("tool refuse")), "llm:tool-result")
    assert result["success"] is False and result["error"] == "It cannot be done."
    assert "There is no tool nothing" in caller.say("tool nothing")["response"]
    assert "not JSON" in caller.say("tool add {broken")["response"]


def test_the_loop_ends_where_the_configuration_says(start: Start, server: Config) -> None:
    one = project(mcpServers={"tests": server}, permissions=AUTO, llm={"maxIterations": 3})
    caller = Caller(start(one).url)
    events = caller.turn('forever add {"a": 1, "b": 1}')
    assert names(events)[-2:] == ["llm:response", "run:complete"]
    assert events[-1]["finishReason"] == "max-steps" and events[-1]["stepCount"] == 3
    assert [event["name"] for event in events].count("llm:tool-result") == 3


def test_a_tool_waits_for_the_persons_yes(start: Start, server: Config) -> None:
    caller = Caller(start(project(mcpServers={"tests": server})).url)
    with caller.stream(ADD) as events:
        asked = until(events, "approval:request")
        assert asked["metadata"]["toolName"] == "add" and asked["metadata"]["args"] == {"a": 2, "b": 3}
        (open_one,) = caller.get("/api/approvals", sessionId=caller.session)["approvals"]
        assert open_one["approvalId"] == asked["approvalId"]
        caller.send(f"/api/approvals/{asked['approvalId']}", {"status": "approved"})
        rest = list(events)
    assert until(iter(rest), "approval:response")["status"] == "approved"
    assert until(iter(rest), "llm:tool-result")["success"] is True
    assert caller.get("/api/approvals", sessionId=caller.session)["approvals"] == []


def test_events_of_an_asked_turn_come_in_order(start: Start, server: Config) -> None:
    caller = Caller(start(project(mcpServers={"tests": server})).url)
    with caller.stream(ADD) as events:
        heard = list(answered(caller, events, "approved"))
    assert names(heard) == [*ASKED_TURN, *ANSWER]


@pytest.mark.parametrize("status", ["denied", "cancelled"])
def test_a_tool_does_not_run_against_the_persons_will(start: Start, server: Config, status: str) -> None:
    caller = Caller(start(project(mcpServers={"tests": server})).url)
    with caller.stream(ADD) as events:
        heard = list(answered(caller, events, status))
    assert "tool:running" not in names(heard)
    assert until(iter(heard), "llm:tool-result")["success"] is False
    assert status in heard[-2]["content"]


def test_a_yes_can_hold_for_the_rest_of_the_session(start: Start, server: Config) -> None:
    caller = Caller(start(project(mcpServers={"tests": server})).url)
    with caller.stream(ADD) as events:
        list(answered(caller, events, "approved", rememberChoice=True))
    assert "approval:request" not in names(caller.turn(ADD))


def test_nobody_answers_and_the_tool_is_not_run(start: Start, server: Config) -> None:
    caller = Caller(start(project(mcpServers={"tests": server}, permissions={"timeout": 50})).url)
    heard = caller.turn(ADD)
    response = until(iter(heard), "approval:response")
    assert (response["status"], response["reason"]) == ("cancelled", "timeout")
    assert "tool:running" not in names(heard)


def test_an_approval_that_is_not_open_is_not_found(start: Start, server: Config) -> None:
    caller = Caller(start(project(mcpServers={"tests": server})).url)
    for name in ("nothing", f"{caller.session}~nothing"):
        assert caller.send(f"/api/approvals/{name}", {"status": "approved"}, 404)["code"] == "approval_not_found"
    assert caller.send("/api/approvals/x", {"status": "yes"}, 400)["code"] == "field_invalid"


def test_a_turn_that_asks_can_be_cancelled(start: Start, server: Config) -> None:
    caller = Caller(start(project(mcpServers={"tests": server})).url)
    with caller.stream(ADD) as events:
        until(events, "approval:request")
        caller.send(caller.at("/cancel"))
        assert list(events)[-1]["finishReason"] == "cancelled"
    assert caller.say("hello again")["response"] == "You said: hello again"


@pytest.mark.parametrize("name", ["add", "mcp--tests--add", "mcp--add"])
def test_a_policy_says_yes_beforehand(start: Start, server: Config, name: str) -> None:
    policies = {"mode": "manual", "toolPolicies": {"alwaysAllow": [name]}}
    caller = Caller(start(project(mcpServers={"tests": server}, permissions=policies)).url)
    assert names(caller.turn(ADD))[:5] == TOOL_TURN


def test_a_policy_that_denies_wins(start: Start, server: Config) -> None:
    policies = {"mode": "auto-approve", "toolPolicies": {"alwaysAllow": ["add"], "alwaysDeny": ["add"]}}
    caller = Caller(start(project(mcpServers={"tests": server}, permissions=policies)).url)
    assert "tool:running" not in names(caller.turn(ADD))


@pytest.mark.parametrize("kind", ["http", "sse"])
def test_mcp_over_the_network_is_told_its_headers(start: Start, mcp_url: str, kind: str) -> None:
    path = {"http": "/mcp", "sse": "/sse"}[kind]
    server = {"type": kind, "url": f"{mcp_url}{path}", "headers": {"Authorization": "Bearer $MCP_KEY"}}
    caller = Caller(start(project(mcpServers={"tests": server}, permissions=AUTO), MCP_KEY="abc").url)
    assert caller.say("tool whoami")["response"] == "The tool said: Bearer abc"
    listed = caller.get("/api/tools")
    assert listed["mcpCount"] == listed["totalCount"] == 4
    assert {tool["serverName"] for tool in listed["tools"]} == {"tests"}


def test_mcp_over_standard_streams_sees_only_its_own_variables(start: Start, target: str) -> None:
    if target != "nodejs":
        pytest.skip("only nodejs has processes")
    server = {"type": "stdio", "command": str(node_program()), "args": [MCP_SERVER, "stdio"], "env": {"GIVEN": "$WHO"}}
    caller = Caller(start(project(mcpServers={"tests": server}, permissions=AUTO), WHO="me").url)
    assert caller.say("tool whoami")["response"] == "The tool said: me"
    assert caller.say("tool secret")["response"] == "The tool said: no key here"


def test_a_server_that_is_not_there_costs_its_tools_alone(start: Start, server: Config) -> None:
    gone = {"type": "http", "url": "http://127.0.0.1:9/mcp"}
    caller = Caller(start(project(mcpServers={"gone": gone, "tests": server}, permissions=AUTO)).url)
    assert caller.say(ADD)["response"] == "The tool said: 5"


def test_a_strict_server_that_is_not_there_stops_the_turn(start: Start) -> None:
    gone = {"type": "http", "url": "http://127.0.0.1:9/mcp", "connectionMode": "strict"}
    caller = Caller(start(project(mcpServers={"gone": gone})).url)
    error = until(iter(caller.turn("hello")), "llm:error")["error"]
    assert error["code"] == "tools_unavailable" and "gone" in error["message"]
    assert caller.get("/api/tools", 502)["code"] == "tools_unavailable"


def test_tools_of_the_same_name_keep_apart(start: Start, server: Config) -> None:
    caller = Caller(start(project(mcpServers={"one": server, "two": server}, permissions=AUTO)).url)
    listed = [tool["name"] for tool in caller.get("/api/tools")["tools"]]
    assert {"add", "two--add"} <= set(listed) and len(listed) == len(set(listed)) == 8


def test_the_model_can_look_into_its_past(start: Start) -> None:
    caller = Caller(start(project(tools=[{"type": "builtin-tools", "enabledTools": ["search_history"]}])).url)
    caller.say("my cat is called Minka")
    assert "Minka" in caller.say('tool search_history {"query": "cat called"}')["response"]
    assert [tool["name"] for tool in caller.get("/api/tools")["tools"]] == ["search_history"]


def test_the_model_can_ask_the_person(start: Start) -> None:
    caller = Caller(start(project(tools=[{"type": "builtin-tools"}])).url)
    with caller.stream('tool ask_user {"question": "Which colour?"}') as events:
        asked = until(events, "approval:request")
        assert (asked["type"], asked["metadata"]["prompt"]) == ("elicitation", "Which colour?")
        body = {"status": "approved", "formData": {"colour": "red"}}
        caller.send(f"/api/approvals/{asked['approvalId']}", body)
        assert until(events, "llm:response")["content"] == 'The tool said: {"colour":"red"}'


def test_requests_to_the_own_machine_are_refused(start: Start) -> None:
    caller = Caller(start(project(tools=[{"type": "builtin-tools"}], permissions=AUTO)).url)
    for address in ("http://127.0.0.1/", "http://169.254.169.254/latest", "http://[::1]/", "file:///etc/passwd"):
        result = until(iter(caller.turn(f'tool http_request {{"url": "{address}"}}')), "llm:tool-result")
        assert result["success"] is False, address


def test_files_are_read_and_written_beneath_the_allowed_folder_alone(start: Start, target: str, tmp_path: Path) -> None:
    if target != "nodejs":
        pytest.skip("only nodejs has a disk")
    folder = tmp_path / "allowed"
    folder.mkdir()
    (tmp_path / "outside.txt").write_text("secret")
    (folder / "link.txt").symlink_to(tmp_path / "outside.txt")
    family = {"type": "filesystem-tools", "allowedPaths": [str(folder)]}
    caller = Caller(start(project(tools=[family], permissions=AUTO)).url)
    caller.say('tool write_file {"path": "deep/a.txt", "content": "hello"}')
    assert (folder / "deep" / "a.txt").read_text() == "hello"
    assert caller.say('tool read_file {"path": "deep/a.txt"}')["response"] == "The tool said: hello"
    for path in ("../outside.txt", "link.txt", "/etc/passwd"):
        assert "outside" in caller.say(f'tool read_file {{"path": "{path}"}}')["response"]


def test_a_command_knows_nothing_of_the_agents_variables(start: Start, target: str, tmp_path: Path) -> None:
    if target != "nodejs":
        pytest.skip("only nodejs has processes")
    family = {"type": "process-tools", "workingDirectory": str(tmp_path)}
    caller = Caller(start(project(tools=[family], permissions=AUTO)).url)
    said = caller.say('tool bash_exec {"command": "echo key=$MODEL_KEY; exit 3"}')["response"]
    assert '"exitCode":3' in said and "key=\\n" in said


def answered(caller: Caller, events: Iterator[Event], status: str, **more: object) -> Iterator[Event]:
    """The events; each question is answered as it comes."""
    for event in events:
        if event["name"] == "approval:request":
            caller.send(f"/api/approvals/{event['approvalId']}", {"status": status, **more})
        yield event
