"""The agents of a project: from the registry, or by their files; and which of them answers at the root."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TypeVar

from pydantic import BaseModel, RootModel

from core.config.registry import AnyDeployFile, CloudDefaultAgent, LegacyDeployFile, Registry
from core.document import Document
from core.findings import Finding, Position, Severity, at
from core.json_reader import read_json
from core.markers import CODING_AGENTS, DEPLOY_FILE, LONE_AGENTS, REGISTRIES
from core.structure import read_model
from core.tree import ProjectFiles
from core.uris import climbs

ModelType = TypeVar("ModelType", bound=BaseModel)
_YAML = (".yml", ".yaml")
#: agents/x.yml and agents/x/x.yml; deeper files are an agent's own.
_DEEPEST_AGENT = 3


@dataclass(frozen=True, slots=True)
class AgentRef:
    """One agent: its id, and where its configuration is, relative to the repository."""

    id: str
    path: PurePosixPath
    name: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class Agents:
    """All agents, the one that answers at the root, and what was found wrong on the way.

    `exclude` are patterns of files that are not deployed, as .gitignore has them.
    """

    all: tuple[AgentRef, ...]
    entry: AgentRef | None
    findings: tuple[Finding, ...]
    exclude: tuple[str, ...] = ()


class _DeployFile(RootModel[AnyDeployFile]):
    """A union cannot be validated by itself."""


def find_agents(files: ProjectFiles, root: PurePosixPath) -> Agents:
    """The agents of the project at `root`."""
    search = _Search(files, root, frozenset(files.paths()))
    registry = search.registry()
    agents = registry or tuple(search.by_file())
    entry = search.entry(agents)
    known = agents if entry is None or any(one.path == entry.path for one in agents) else (entry, *agents)
    return Agents(known, entry, tuple(search.findings), search.exclude)


@dataclass(slots=True)
class _Search:
    files: ProjectFiles
    root: PurePosixPath
    names: frozenset[PurePosixPath]
    findings: list[Finding] = field(default_factory=list)
    default_id: str | None = None
    exclude: tuple[str, ...] = ()

    def registry(self) -> tuple[AgentRef, ...]:
        path = next((self.root / name for name in REGISTRIES if self.root / name in self.names), None)
        document, registry = self._model(path, Registry, "registry") if path else (None, None)
        if path is None or document is None or registry is None:
            return ()
        agents = tuple(self._registered(document, registry, path.parent))
        self._check_primary(document, registry)
        return agents

    def by_file(self) -> Iterator[AgentRef]:
        """Without a registry every configuration is an agent."""
        found = [self.root / name for name in (*CODING_AGENTS, *LONE_AGENTS) if self.root / name in self.names]
        folder = self.root / "agents"
        for name in sorted(self.names):
            below = name.parts[len(self.root.parts) :]
            if name.is_relative_to(folder) and name.suffix in _YAML and len(below) <= _DEEPEST_AGENT:
                found.append(name)
        for path in dict.fromkeys(found):
            yield AgentRef(path.stem, path)

    def entry(self, agents: tuple[AgentRef, ...]) -> AgentRef | None:
        """deploy.json, the registry's default, the well-known names, the only one."""
        chosen = self._deployed()
        if chosen is None:
            chosen = next((one.path for one in agents if one.id == self.default_id), None)
        if chosen is None:
            chosen = next((path for path in self._well_known() if path in self.names), None)
        if chosen is None and len(agents) == 1:
            chosen = agents[0].path
        if chosen is None:
            self._no_entry(agents)
            return None
        return next((one for one in agents if one.path == chosen), AgentRef(chosen.stem, chosen))

    def _well_known(self) -> Iterator[PurePosixPath]:
        order = ("agents/coding-agent/coding-agent", "agents/coding-agent", "coding-agent")
        for stem in (*order, "src/dexto/agents/coding-agent", "agent"):
            for suffix in _YAML:
                yield self.root / f"{stem}{suffix}"

    def _deployed(self) -> PurePosixPath | None:
        path = self.root / DEPLOY_FILE
        if path not in self.names:
            return None
        document, deploy = self._model(path, _DeployFile, "deployment choice")
        if document is None or deploy is None or isinstance(deploy.root, CloudDefaultAgent):
            return None
        self.exclude = tuple(deploy.root.exclude)
        if isinstance(deploy.root, LegacyDeployFile):
            return self._inside(document, ("entryAgent",), deploy.root.entry_agent, self.root)
        agent = deploy.root.agent
        return (
            None
            if isinstance(agent, CloudDefaultAgent)
            else self._inside(document, ("agent", "path"), agent.path, self.root)
        )

    def _registered(self, document: Document, registry: Registry, folder: PurePosixPath) -> Iterator[AgentRef]:
        seen: set[str] = set()
        for index, entry in enumerate(registry.agents):
            place: tuple[str | int, ...] = ("agents", index)
            if entry.id in seen:
                self._say(document, (*place, "id"), "duplicate_name", f'There is already an agent "{entry.id}"')
                continue
            seen.add(entry.id)
            path = self._inside(document, (*place, "configPath"), entry.config_path, folder)
            if path:
                yield AgentRef(entry.id, path, entry.name, entry.description)

    def _check_primary(self, document: Document, registry: Registry) -> None:
        ids = [entry.id for entry in registry.agents]
        self.default_id = registry.primary_agent or (ids[0] if len(ids) == 1 else None)
        if registry.primary_agent and registry.primary_agent not in ids:
            self._unknown_agent(document, ("primaryAgent",), registry.primary_agent, ids)
        for index, entry in enumerate(registry.agents):
            if entry.parent_agent_id and entry.parent_agent_id not in ids:
                self._unknown_agent(document, ("agents", index, "parentAgentId"), entry.parent_agent_id, ids)

    def _unknown_agent(self, document: Document, path: tuple[str | int, ...], name: str, ids: list[str]) -> None:
        sentence = f'There is no agent "{name}" in the registry'
        self._say(document, path, "unknown_agent", sentence, f"There are: {', '.join(ids) or 'none'}.")

    def _inside(
        self, document: Document, path: tuple[str | int, ...], text: str, folder: PurePosixPath
    ) -> PurePosixPath | None:
        """A path that a file names: within the project, and there."""
        target = _normal(folder / text)
        leaves = target is None or not target.is_relative_to(self.root) or text.startswith("/")
        if target is None or leaves or (climbs(text) and "%" in text):
            self._say(document, path, "path_traversal", f'"{text[:80]}" leaves the project')
            return None
        if target not in self.names:
            self._say(document, path, "file_not_found", f"There is no file {target}")
            return None
        return target

    def _model(
        self, path: PurePosixPath, model: type[ModelType], noun: str
    ) -> tuple[Document | None, ModelType | None]:
        reading = read_json(self.files.read_bytes(path), str(path))
        self.findings += reading.findings
        if reading.document is None:
            return None, None
        structured = read_model(reading.document, model, noun)
        self.findings += structured.findings
        return reading.document, structured.model

    def _say(
        self,
        document: Document,
        path: tuple[str | int, ...],
        code: str,
        sentence: str,
        next_step: str = "",
    ) -> None:
        self.findings.append(at(document.at(path), Severity.ERROR, code, sentence, next_step=next_step))

    def _no_entry(self, agents: tuple[AgentRef, ...]) -> None:
        listed = ", ".join(str(one.path) for one in agents[:10])
        sentence = f"It is not clear which of these agents answers: {listed}" if agents else "There is no agent.yml"
        step = 'Write .dexto/deploy.json: {"version": 1, "agent": {"type": "workspace", "path": "…"}}.'
        code = "entry_agent_unclear" if agents else "no_agent"
        place = Position(str(agents[0].path) if agents else "", 1 if agents else 0, 1 if agents else 0)
        self.findings.append(at(place, Severity.ERROR, code, sentence, next_step=step if agents else _ADD))


_ADD = "Add an agent.yml with `systemPrompt` and `llm`."


def _normal(path: PurePosixPath) -> PurePosixPath | None:
    """Without parent steps; None when there are more of them than folders."""
    kept: list[str] = []
    for part in path.parts:
        if part == "..":
            if not kept:
                return None
            kept.pop()
        else:
            kept.append(part)
    return PurePosixPath(*kept)
