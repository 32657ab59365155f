"""Agents in outline, and what a change of a project changes in them."""

from __future__ import annotations

import json
from typing import Any

from core.inspection import DEFAULT_BASE
from core.outline import changes, outline_of
from tests.core.projects import SMALLEST, check, fixture, report

PROMPT = "file:///project/prompts/one.md"
WITH_PARTS = f"""{SMALLEST}
prompts:
  - type: inline
    id: greet
    prompt: Say hello.
  - type: file
    file: {PROMPT}
tools:
  - type: todo-tools
  - type: plan-tools
    enabled: false
mcpServers:
  weather:
    type: http
    url: https://weather.example.com/mcp
"""


def _outline(text: str, digest: str = "d1") -> dict[str, dict[str, Any]]:
    return outline_of(check(text, **{"prompts/one.md": "# One\n"}), {PROMPT: digest}, DEFAULT_BASE)


def test_an_outline_names_model_tools_and_prompts() -> None:
    (agent,) = _outline(WITH_PARTS).values()
    assert agent["model"] == "openai/gpt-5"
    assert sorted(agent["tools"]) == ["MCP server weather", "todo-tools"]
    assert sorted(agent["prompts"]) == ["greet", "prompts/one.md", "system prompt"]
    assert agent["prompts"]["prompts/one.md"] == "d1"


def test_an_outline_is_plain_json_and_holds_no_text() -> None:
    written = json.dumps(_outline(WITH_PARTS))
    assert json.loads(written) == _outline(WITH_PARTS)
    assert "Say hello" not in written
    assert "You help" not in written


def test_nothing_changed_says_nothing() -> None:
    assert changes(_outline(WITH_PARTS), _outline(WITH_PARTS)) == []


def test_each_difference_is_a_sentence() -> None:
    after = WITH_PARTS.replace("gpt-5", "gpt-5-mini").replace("You help", "You help gladly").replace("greet", "welcome")
    after = after.replace("todo-tools", "process-tools").replace("weather.example", "climate.example")
    assert changes(_outline(WITH_PARTS), _outline(after, "d2")) == [
        "model: openai/gpt-5 → openai/gpt-5-mini",
        "tool MCP server weather changes",
        "tool process-tools is new",
        "tool todo-tools is gone",
        "prompt greet is gone",
        "prompt prompts/one.md changes",
        "prompt system prompt changes",
        "prompt welcome is new",
    ]


def test_agents_come_and_go() -> None:
    both = outline_of(report(fixture("workspace")), {}, DEFAULT_BASE)
    assert sorted(both) == ["billing", "support"]
    assert changes({"support": both["support"]}, both) == ["agent billing is new"]
    assert changes(both, {"support": both["support"]}) == ["agent billing is gone"]
