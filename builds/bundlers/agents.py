"""The agents' configuration as a bundle holds it: today's keys, logical URIs, nothing left to be guessed."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from pathlib import PurePosixPath

from builds.bundlers.contract import CHECKED_BASE
from builds.bundlers.placing import Placement
from builds.bundlers.resources import logical_uri
from core.document import Data, Path, is_list, is_mapping
from core.fields import ResourceUse
from core.inspection import AgentReport, Report
from core.legacy import upgraded

#: Stands for the project's folder in texts that are no URIs; where files are kept, the runtime knows the folder.
PROJECT_DIR = "${{dexto.project_dir}}"

Config = dict[str, object]


def bundled_agents(report: Report, placement: Placement, storage: Mapping[str, object]) -> list[dict[str, object]]:
    """The default agent first. `storage` is what an agent has that does not say."""
    entry = report.project.entry_agent
    agents = [
        {
            "id": agent.ref.id,
            "isDefault": entry is not None and agent.ref.path == entry.path,
            "config": configuration(report, agent, placement, storage),
        }
        for agent in report.agents
        if agent.document is not None
    ]
    return sorted(agents, key=lambda one: (not one["isDefault"], str(one["id"])))


def configuration(report: Report, agent: AgentReport, placement: Placement, storage: Mapping[str, object]) -> Config:
    """One agent's configuration as data."""
    data = deepcopy(agent.document.data) if agent.document else {}
    config: Config = data if is_mapping(data) else {}
    for use in agent.resources:
        _point(config, use, placement)
    config["dataSources"] = {**agent.sources, **placement.sources}
    config = upgraded(config)
    config.setdefault("storage", dict(storage))
    named = _without_folder(config, CHECKED_BASE / report.project.root)
    return named if is_mapping(named) else {}


def _point(config: Config, use: ResourceUse, placement: Placement) -> None:
    """Says the resource's new URI, and its source in so many words."""
    uri = logical_uri(use.uri)
    moved = placement.moves.get(uri)
    _set(config, use.path, moved.uri if moved else uri)
    source = (moved.source if moved else "") or use.source
    _set(config, (*_holder(use), "dataSource"), source)


def _holder(use: ResourceUse) -> Path:
    """`prompts[0].file` is held by `prompts[0]`, `contributors[0].files[1]` by `contributors[0]`."""
    return use.path[:-2] if isinstance(use.path[-1], int) else use.path[:-1]


def _set(config: Config, path: Path, value: str) -> None:
    node: Data = config
    for step in path[:-1]:
        if is_mapping(node):
            node = node[str(step)]
        elif is_list(node):
            node = node[int(step)]
    if is_mapping(node):
        node[str(path[-1])] = value
    elif is_list(node):
        node[int(path[-1])] = value


def _without_folder(data: Data, folder: PurePosixPath) -> Data:
    """Templates in texts were expanded to where the project was checked, which is no place for an agent."""
    if isinstance(data, str):
        return data.replace(str(folder), PROJECT_DIR).replace(str(CHECKED_BASE), PROJECT_DIR)
    if is_mapping(data):
        return {key: _without_folder(value, folder) for key, value in data.items()}
    if is_list(data):
        return [_without_folder(value, folder) for value in data]
    return data
