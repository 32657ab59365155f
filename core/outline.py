"""An agent in outline: which model, which tools, which prompts, each by name and digest; and how two outlines differ.

It is what a person wants to know of a change before reading it. It holds no text and no value, and is plain JSON.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import PurePosixPath
from typing import Any, Final

from core.document import is_list, is_mapping
from core.inspection import AgentReport, Report
from core.legacy import upgraded

Outline = Mapping[str, Mapping[str, Any]]
_FILE: Final = "file://"
_KINDS: Final = (("tools", "tool"), ("prompts", "prompt"))


def outline_of(report: Report, digests: Mapping[str, str], base: PurePosixPath) -> dict[str, dict[str, Any]]:
    """By agent. `digests` are the sha256 of what the bundle holds, by URI; `base` is where the repository lay."""
    folder = base / report.project.root
    return {str(agent.ref.id): _agent(agent, digests, folder) for agent in report.agents if agent.document}


def changes(before: Outline, after: Outline) -> list[str]:
    """One sentence each; none where the two agree."""
    many = len({*before, *after}) > 1
    said: list[str] = []
    for agent in sorted({*before, *after}):
        if agent not in before or agent not in after:
            said.append(f"agent {agent} is {'new' if agent in after else 'gone'}")
            continue
        prefix = f"{agent}: " if many else ""
        said += [prefix + one for one in _differences(before[agent], after[agent])]
    return said


def _agent(agent: AgentReport, digests: Mapping[str, str], folder: PurePosixPath) -> dict[str, Any]:
    data = agent.document.data if agent.document else {}
    config = upgraded(data) if is_mapping(data) else {}
    files = {_name(use.uri, folder): digests.get(use.uri, "") for use in agent.resources}
    return {
        "model": _model(config.get("llm")),
        "tools": dict(_tools(config)),
        "prompts": {**dict(_inline_prompts(config)), **files, "system prompt": _digest(config.get("systemPrompt"))},
    }


def _model(llm: object) -> str:
    return f"{llm.get('provider', '')}/{llm.get('model', '')}" if is_mapping(llm) else ""


def _tools(config: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    tools, servers = config.get("tools"), config.get("mcpServers")
    for tool in tools if is_list(tools) else []:
        if is_mapping(tool) and tool.get("enabled") is not False:
            yield str(tool.get("type") or tool.get("module") or "tool"), _digest(tool)
    for name, server in servers.items() if is_mapping(servers) else []:
        yield f"MCP server {name}", _digest(server)


def _inline_prompts(config: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    prompts = config.get("prompts")
    for prompt in prompts if is_list(prompts) else []:
        if is_mapping(prompt) and prompt.get("type") == "inline":
            yield str(prompt.get("id")), _digest(prompt)


def _name(uri: str, folder: PurePosixPath) -> str:
    """As the project calls it."""
    path = PurePosixPath(uri.removeprefix(_FILE))
    return str(path.relative_to(folder)) if uri.startswith(_FILE) and path.is_relative_to(folder) else uri


def _digest(value: object) -> str:
    return sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()[:16]


def _differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    if before["model"] != after["model"]:
        yield f"model: {before['model'] or 'none'} → {after['model'] or 'none'}"
    for key, noun in _KINDS:
        old, new = before[key], after[key]
        for name in sorted({*old, *new}):
            if old.get(name) != new.get(name):
                yield f"{noun} {name} {_verb(name, old, new)}"


def _verb(name: str, old: Mapping[str, str], new: Mapping[str, str]) -> str:
    if name not in old:
        return "is new"
    return "changes" if name in new else "is gone"
