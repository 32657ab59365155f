"""Agent projects for the contract suite, as what a build makes of them: the module `dexto:bundle`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Config = dict[str, Any]

#: Where the part for each name of a configuration is, beneath runtime/src.
_TOOLS = {
    "http": "mcp-http",
    "sse": "mcp-http",
    "stdio": "mcp-stdio",
    "builtin-tools": "builtin",
    "todo-tools": "todo",
    "filesystem-tools": "filesystem",
    "process-tools": "process",
}


@dataclass(frozen=True)
class Project:
    """The first agent is the default. `modules` are TypeScript of the project, by URI."""

    agents: Mapping[str, Config]
    resources: Mapping[str, str] = field(default_factory=dict)
    modules: Mapping[str, str] = field(default_factory=dict)


def agent(**config: Any) -> Config:
    """An agent that asks the fake model; further keys of agent.yml as they are."""
    llm = {"provider": "openai-compatible", "model": "fake", "apiKey": "$MODEL_KEY", "baseURL": "$MODEL_URL"}
    llm = {key: value for key, value in (llm | config.pop("llm", {})).items() if value is not None}
    return {"systemPrompt": "You are a test.", "llm": llm, **config}


def project(**config: Any) -> Project:
    """One agent called "main"."""
    return Project({"main": agent(**config)})


def bundle_module(one: Project, *, target: str, store: str) -> str:
    """The source of `dexto:bundle`. The store serves where the configuration names none."""
    imports: list[str] = []

    def part(folder: str, file: str) -> str:
        name = f"part{len(imports)}"
        imports.append(f'import {name} from "dexto:runtime/{folder}/{file}.ts";')
        return name

    configs = list(one.agents.values())
    providers = sorted({config["llm"]["provider"] for config in configs})
    tools = sorted({kind for config in configs for kind in _tool_kinds(config)})
    hooks = sorted({hook["type"] for config in configs for hook in config.get("hooks", [])})
    stores = sorted({kind for config in configs for kind in _storage(config, "database")})
    caches = sorted({kind for config in configs for kind in _storage(config, "cache")})
    parts = {
        "providers": {name: part("providers", name) for name in providers},
        "stores": {"default": part("stores", store)}
        | {kind: part("stores", kind.removeprefix("in-")) for kind in stores},
        "toolSources": {kind: part("tools", _TOOLS[kind]) for kind in tools},
        "hooks": {name: part("hooks", name) for name in hooks},
        "caches": {kind: part("caches", kind) for kind in caches},
        "blobs": {"default": part("blobs", "memory")},
        "readers": {},
    }
    modules = []
    for index, uri in enumerate(one.modules):
        imports.append(f'import * as module{index} from "./module{index}.ts";')
        modules.append(f"{json.dumps(uri)}: module{index}")
    body = {
        "target": json.dumps(target),
        "agents": json.dumps(
            [
                {"id": name, "isDefault": index == 0, "config": config}
                for index, (name, config) in enumerate(one.agents.items())
            ]
        ),
        "resources": json.dumps({uri: _resource(text) for uri, text in one.resources.items()}),
        "modules": f"{{ {', '.join(modules)} }}",
        "parts": f"{{ {', '.join(f'{kind}: {_object(names)}' for kind, names in parts.items())} }}",
    }
    lines = [f"  {key}: {value}," for key, value in body.items()]
    return "\n".join([*imports, "export const bundle = {", *lines, "};", ""])


def _tool_kinds(config: Config) -> list[str]:
    servers = [server["type"] for server in config.get("mcpServers", {}).values()]
    return [*servers, *(family["type"] for family in config.get("tools", []))]


def _storage(config: Config, purpose: str) -> list[str]:
    kind = config.get("storage", {}).get(purpose, {}).get("type")
    return [kind] if kind else []


def _resource(text: str) -> dict[str, object]:
    content = text.encode()
    return {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content), "text": text}


def _object(names: Mapping[str, str]) -> str:
    return f"{{ {', '.join(f'{json.dumps(name)}: {value}' for name, value in names.items())} }}"
