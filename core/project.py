"""An agent project: where in the repository it is, which generation, which agents."""

from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from core.agents import AgentRef, find_agents
from core.document import Document
from core.findings import Finding, Position, Severity, at
from core.generations import Generation, detect
from core.markers import is_marked, marked_folders
from core.tree import MemoryFiles, ProjectFiles
from core.yaml_reader import read_yaml

__all__ = ["AgentRef", "Generation", "MemoryFiles", "Project", "ProjectFiles", "discover", "with_agent"]


@dataclass(frozen=True, slots=True)
class Project:
    """What was found. `entry_agent` is None when no agent can be the default one; a finding says why.

    `exclude` are patterns, as .gitignore has them and relative to `root`, of files that are not deployed.
    """

    root: PurePosixPath
    generation: Generation
    entry_agent: AgentRef | None
    agents: tuple[AgentRef, ...]
    findings: tuple[Finding, ...] = ()
    exclude: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, object]:
        """The form that the CLI prints and the API answers."""
        return {
            "root": str(self.root),
            "generation": self.generation.value,
            "entry_agent": str(self.entry_agent.path) if self.entry_agent else None,
            "agents": [{"id": one.id, "path": str(one.path), "name": one.name} for one in self.agents],
        }


def discover(files: ProjectFiles, root: str = "") -> Project:
    """Finds the project in a repository, at `root` when one is named. Never raises for what it finds."""
    folder, findings = _root(files, PurePosixPath(root))
    if folder is None:
        return Project(PurePosixPath(root), Generation.WORKSPACE, None, (), findings)
    agents = find_agents(files, folder)
    entry = _entry_document(files, agents.entry)
    generation = detect(frozenset(files.paths()), folder, entry)
    return Project(folder, generation, agents.entry, agents.all, (*findings, *agents.findings), agents.exclude)


def with_agent(files: ProjectFiles, project: Project, path: PurePosixPath) -> Project:
    """The project with one more agent, by its file: whatever the file's name, someone asked for it."""
    if any(agent.path == path for agent in project.agents):
        return project
    if path not in frozenset(files.paths()):
        missing = at(Position(str(path)), Severity.ERROR, "file_not_found", f"There is no file {path}")
        return replace(project, findings=(*project.findings, missing))
    ref = AgentRef(path.stem, path)
    generation = project.generation
    if project.entry_agent is None:
        generation = detect(frozenset(files.paths()), project.root, _entry_document(files, ref))
    return replace(
        project,
        generation=generation,
        entry_agent=project.entry_agent or ref,
        agents=(*project.agents, ref),
        findings=tuple(one for one in project.findings if one.code not in _WITHOUT_AGENT),
    )


#: What is said when no agent was found, or not which.
_WITHOUT_AGENT = frozenset({"no_agent_project", "no_agent", "several_projects", "entry_agent_unclear"})


def _root(files: ProjectFiles, wanted: PurePosixPath) -> tuple[PurePosixPath | None, tuple[Finding, ...]]:
    if is_marked(files, frozenset(files.paths()), wanted):
        return wanted, ()
    folders = [folder for folder in marked_folders(files) if folder.is_relative_to(wanted)]
    if not folders:
        return None, (_nothing_here(wanted),)
    shallowest = [folder for folder in folders if len(folder.parts) == len(folders[0].parts)]
    if len(shallowest) > 1:
        return None, (_several(shallowest),)
    return folders[0], (_below(folders[0]),)


def _entry_document(files: ProjectFiles, entry: AgentRef | None) -> Document | None:
    return read_yaml(files.read_bytes(entry.path), str(entry.path)).document if entry else None


def _nothing_here(wanted: PurePosixPath) -> Finding:
    return at(
        Position(str(wanted)),
        Severity.ERROR,
        "no_agent_project",
        "There is no agent project here",
        next_step="Add an agent.yml, or point the project's root at the folder that holds one.",
    )


def _several(folders: list[PurePosixPath]) -> Finding:
    return at(
        Position(),
        Severity.ERROR,
        "several_projects",
        f"There are several agent projects here: {', '.join(map(str, folders[:10]))}",
        next_step="Name one of these folders as the project's root.",
    )


def _below(folder: PurePosixPath) -> Finding:
    return at(
        Position(str(folder)),
        Severity.INFO,
        "project_below_root",
        f"The agent project was found in {folder}",
        next_step="Name this folder as the project's root to be sure.",
    )
