"""The project's code around a turn, at all four points, and the hooks of our own."""

from __future__ import annotations

from typing import Any

import pytest

from tests.runtime.client import Caller, names, until
from tests.runtime.conftest import Start
from tests.runtime.projects import Config, Project, agent, project

AUTO = {"mode": "auto-approve"}


def plugin(name: str, priority: int = 10, *, blocking: bool = False, **config: object) -> Config:
    module = f"file:///project/plugins/{name}.ts"
    return {"name": name, "module": module, "blocking": blocking, "priority": priority, "config": config}


def with_plugins(plugins: list[Config], modules: dict[str, str], **config: Any) -> Project:
    sources = {f"file:///project/plugins/{name}.ts": source for name, source in modules.items()}
    return Project({"main": agent(plugins={"custom": plugins}, permissions=AUTO, **config)}, modules=sources)


SHOUT = """
export default class Shout {
  async beforeLLMRequest({ text }: { text: string }) { return { ok: true, modify: { text: text.toUpperCase() } }; }
}
"""
BLOCK = """
export const hooks = {
  beforeLLMRequest({ text }: { text: string }) {
    return text.includes("forbidden") ? { ok: false, cancel: true, message: "Not about that." } : { ok: true };
  },
};
"""


def test_a_plugin_changes_what_the_model_is_told(start: Start) -> None:
    caller = Caller(start(with_plugins([plugin("shout")], {"shout": SHOUT})).url)
    assert caller.say("hello")["response"] == "You said: HELLO"
    assert caller.texts()[0] == "HELLO"


def test_a_blocking_plugin_stops_a_turn_before_the_model_hears_of_it(start: Start) -> None:
    caller = Caller(start(with_plugins([plugin("block", blocking=True)], {"block": BLOCK})).url)
    events = caller.turn("something forbidden")
    assert names(events) == ["llm:error", "run:complete"]
    assert events[0]["error"]["message"] == "Not about that." and events[0]["recoverable"] is True
    assert events[-1]["finishReason"] == "content-filter" and caller.history() == []
    body = {"content": "forbidden", "sessionId": caller.session}
    assert caller.send("/api/message-sync", body, 403)["code"] == "hook_blocked"
    assert caller.say("allowed")["response"] == "You said: allowed"


def test_a_plugin_that_does_not_block_cannot_stop_anything(start: Start) -> None:
    caller = Caller(start(with_plugins([plugin("block")], {"block": BLOCK})).url)
    assert caller.say("forbidden")["response"] == "You said: forbidden"


ADDS = (
    "export default {{ beforeLLMRequest: ({{ text }}) => ({{ ok: true, modify: {{ text: `${{text}} {name}` }} }}) }};"
)


def test_plugins_run_in_the_order_of_their_priority(start: Start) -> None:
    plugins = [plugin("late", 20), plugin("early", 5)]
    caller = Caller(start(with_plugins(plugins, {name: ADDS.format(name=name) for name in ("late", "early")})).url)
    assert caller.say("first")["response"] == "You said: first early late"


def test_a_plugin_is_given_its_configuration_with_variables_in_place(start: Start) -> None:
    source = """
export default function configured() {
  let word = "";
  return {
    initialize(config: { word: string }) { word = config.word; },
    beforeLLMRequest: () => ({ ok: true, modify: { text: word } }),
  };
}
"""
    one = with_plugins([plugin("configured", word="$WORD")], {"configured": source})
    assert Caller(start(one, WORD="plugged").url).say("hello")["response"] == "You said: plugged"


@pytest.mark.parametrize("failing", ["throw new Error('oh no')", "return { ok: false, message: 'oh no' }"])
def test_a_failing_plugin_stops_a_turn_only_where_it_blocks(start: Start, failing: str) -> None:
    source = f"export default {{ beforeLLMRequest() {{ {failing}; }} }};"
    open_one = Caller(start(with_plugins([plugin("bad")], {"bad": source})).url)
    assert open_one.say("hello")["response"] == "You said: hello"
    strict = Caller(start(with_plugins([plugin("bad", blocking=True)], {"bad": source})).url)
    assert until(iter(strict.turn("hello")), "llm:error")["error"]["message"].startswith("The hook bad failed: oh no")


def test_a_plugin_has_five_seconds(start: Start) -> None:
    source = "export default { beforeLLMRequest: () => new Promise(() => undefined) };"
    caller = Caller(start(with_plugins([plugin("slow", blocking=True)], {"slow": source})).url)
    events = caller.turn("hello")
    assert "longer than 5 s" in events[0]["error"]["message"] and 4_900 < events[-1]["durationMs"] < 9_000


TOOLS = """
export default {
  beforeToolCall: ({ toolName, args }: any) =>
    args.a === 13
      ? { ok: false, cancel: true, message: "Unlucky." }
      : { ok: true, modify: { args: { ...args, b: 10 } } },
  afterToolResult: ({ result }: any) => ({ ok: true, modify: { result: `<${result}>` } }),
};
"""


def test_plugins_see_a_tools_arguments_and_its_result(start: Start, mcp_url: str) -> None:
    servers = {"tests": {"type": "http", "url": f"{mcp_url}/mcp"}}
    one = with_plugins([plugin("tools", blocking=True)], {"tools": TOOLS}, mcpServers=servers)
    caller = Caller(start(one).url)
    assert caller.say('tool add {"a": 1, "b": 1}')["response"] == "The tool said: <11>"
    assert caller.say('tool add {"a": 13, "b": 1}')["response"] == "The tool said: Unlucky."


def test_what_a_plugin_changes_in_an_answer_is_never_heard_before(start: Start) -> None:
    source = """
export default {
  beforeResponse: ({ content }) => ({ ok: true, modify: { content: content.replaceAll("secret", "…") } }),
};
"""
    caller = Caller(start(with_plugins([plugin("censor")], {"censor": source})).url)
    events = caller.turn("a secret word")
    assert names(events) == ["llm:thinking", "llm:chunk", "llm:response", "run:complete"]
    assert "secret" not in str(events) and events[-2]["content"] == "You said: a … word"
    assert caller.texts()[-1] == "You said: a … word"


def test_what_a_plugin_leaves_behind_ends_nothing(start: Start) -> None:
    source = """
export default {
  beforeLLMRequest() {
    void Promise.reject(new Error("left behind"));
    return { ok: true };
  },
};
"""
    caller = Caller(start(with_plugins([plugin("careless")], {"careless": source})).url)
    assert caller.say("one")["response"] == "You said: one"
    assert caller.say("two")["response"] == "You said: two"


def test_the_context_says_whose_turn_it_is(start: Start) -> None:
    source = """
export default {
  beforeLLMRequest: (_payload, { agentId, sessionId }) => ({ ok: true, modify: { text: `${agentId} ${sessionId}` } }),
};
"""
    caller = Caller(start(with_plugins([plugin("context")], {"context": source})).url)
    assert caller.say("hello")["response"] == f"You said: main {caller.session}"


def test_the_content_policy_limits_and_redacts(start: Start) -> None:
    hook = {"type": "content-policy", "maxInputChars": 60, "redactEmails": True, "redactApiKeys": True}
    caller = Caller(start(project(hooks=[hook])).url)
    assert caller.say("I am a.b@example.org")["response"] == "You said: I am [email removed]"
    assert caller.say("sk-abcdefghijklmnop1234")["response"] == "You said: [key removed]"
    assert until(iter(caller.turn("x" * 61)), "llm:error")["error"]["message"].startswith(
        "The message has 61 characters"
    )


def test_the_response_sanitizer_redacts_and_shortens(start: Start) -> None:
    hook = {"type": "response-sanitizer", "redactEmails": True, "maxResponseLength": 40}
    caller = Caller(start(project(hooks=[hook])).url)
    events = caller.turn("write to a.b@example.org")
    assert "example.org" not in str(events)
    assert caller.say("x" * 100)["response"] == f"You said: {'x' * 30}…"
