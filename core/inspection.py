"""The whole check of a project: every agent, both phases, every target, every problem at once.

discover → for each agent: read → expand → structure → references → files → targets → one report
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from core.bundle_fit import missing_secret_findings, native_file_findings, native_module_findings, size_findings
from core.config.agent import AgentConfig
from core.config.deployments import Destination
from core.destinations import Destinations, ScriptReader, find_destinations
from core.document import Document, Reading
from core.empty_values import without_empty_values
from core.expansion import expand
from core.fields import ResourceUse, resource_uses
from core.findings import Finding, Position, Severity, at, has_errors, in_reading_order, not_said_before
from core.generations import Generation, detect
from core.json_reader import read_json
from core.legacy import legacy_findings
from core.local_files import Place, file_findings, local_uses
from core.portability import AgentView, portability_findings
from core.project import AgentRef, Project, discover, with_agent
from core.prompt_files import read_prompt
from core.references import Sources, data_sources, reference_findings
from core.requirements import VariableUse, required_variables, secret_findings, variable_uses
from core.structure import read_model
from core.targets import Target
from core.templates import Folders
from core.tree import ProjectFiles
from core.variables import RequiredVariable
from core.yaml_reader import read_yaml

#: Where a repository is said to lie when nobody says otherwise: file:// URIs need some place.
DEFAULT_BASE = PurePosixPath("/project")
#: In one report.
MAX_FINDINGS = 1_000


@dataclass(frozen=True, slots=True)
class AgentReport:
    """One agent. `document` has absolute URIs; `config` is None when the structure is wrong."""

    ref: AgentRef
    document: Document | None
    config: AgentConfig | None
    sources: Sources
    resources: tuple[ResourceUse, ...] = ()
    variables: tuple[VariableUse, ...] = ()
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """All that there is to say about a project. It holds no value of any variable."""

    project: Project
    agents: tuple[AgentReport, ...]
    destinations: tuple[Destination, ...]
    targets: tuple[Target, ...]
    required: tuple[RequiredVariable, ...]
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        return not has_errors(self.findings)

    def as_dict(self) -> dict[str, object]:
        """The form that the CLI prints and the API answers."""
        return {
            "project": self.project.as_dict(),
            "findings": [finding.as_dict() for finding in self.findings],
            "required_env": [variable.as_dict() for variable in self.required],
        }


@dataclass(frozen=True, slots=True)
class Question:
    """What to check a repository for.

    `base` is where the repository lies for file:// URIs. `known_variables` None means that nobody knows which
    are set. Without `targets` the project's own destinations count, and without those nodejs. `agent` is a file
    that is to be checked whether or not the project counts it among its agents.
    """

    root: str = ""
    agent: PurePosixPath | None = None
    base: PurePosixPath = DEFAULT_BASE
    targets: tuple[Target, ...] = ()
    known_variables: frozenset[str] | None = None
    findings_before: tuple[Finding, ...] = field(default=())


def inspect(files: ProjectFiles, question: Question, script_reader: ScriptReader) -> Report:
    """Checks the project. Never raises for what is in it."""
    project = _project(files, question)
    destinations = find_destinations(files, project, script_reader)
    targets = question.targets or _declared_targets(destinations) or (Target.NODEJS,)
    inspection = _Inspection(files, project, Place(question.base, project.root), targets)
    agents = tuple(inspection.agent(ref) for ref in project.agents)
    required = required_variables(_all_uses(agents, destinations))
    findings = [
        *_said_of(project, question.findings_before),
        *project.findings,
        *destinations.findings,
        *(finding for agent in agents for finding in agent.findings),
        *inspection.whole(agents),
    ]
    if question.known_variables is not None:
        findings += missing_secret_findings(required, question.known_variables, targets)
    return Report(project, agents, destinations.all, targets, required, in_reading_order(_bounded(findings)))


def _project(files: ProjectFiles, question: Question) -> Project:
    project = discover(files, question.root)
    return with_agent(files, project, question.agent) if question.agent else project


def _said_of(project: Project, findings: tuple[Finding, ...]) -> Iterator[Finding]:
    """A repository may hold more than the project; what is beside it is not its owner's concern here."""
    return (one for one in findings if not one.file or PurePosixPath(one.file).is_relative_to(project.root))


def _bounded(findings: list[Finding]) -> list[Finding]:
    """The worst of them: a report is stored and shown, and nobody reads thousands."""
    if len(findings) <= MAX_FINDINGS:
        return findings
    kept = sorted(findings, key=lambda one: one.severity is not Severity.ERROR)[:MAX_FINDINGS]
    sentence = f"{len(findings):,} things were found; here are {MAX_FINDINGS:,} of them, errors first"
    severity = Severity.ERROR if has_errors(kept) else Severity.WARNING
    return [*kept, at(Position(kept[0].file, kept[0].line, kept[0].column), severity, "too_many_findings", sentence)]


def inspect_agent(
    reading: Reading,
    ref: AgentRef,
    *,
    folders: Folders | None,
    generation: Generation,
    targets: Iterable[Target],
) -> AgentReport:
    """One agent by its text alone: everything but whether its files are there."""
    if reading.document is None:
        return AgentReport(ref, None, None, {}, findings=reading.findings)
    expanded = expand(without_empty_values(reading.document), folders, generation)
    document = expanded.document
    structured = read_model(document, AgentConfig, "agent's configuration")
    sources = data_sources(document, generation)
    resources = tuple(resource_uses(document))
    view = AgentView(document, sources, resources, (folders or Folders.NOWHERE).project)
    findings = (
        *reading.findings,
        *expanded.findings,
        *not_said_before(structured.findings, expanded.findings),
        *legacy_findings(document),
        *reference_findings(document, generation),
        *secret_findings(document),
        *portability_findings(view, targets),
    )
    config = None if reading.findings or expanded.errors else structured.model
    return AgentReport(ref, document, config, sources, resources, tuple(variable_uses(document)), findings)


@dataclass(frozen=True, slots=True)
class _Inspection:
    """What all agents of a project share."""

    files: ProjectFiles
    project: Project
    place: Place
    targets: tuple[Target, ...]

    def agent(self, ref: AgentRef) -> AgentReport:
        reading = read_yaml(self.files.read_bytes(ref.path), str(ref.path))
        folders = Folders(self.place.project, self.place.base / ref.path.parent)
        names = frozenset(self.files.paths())
        # Each agent by itself: one of them may have moved on.
        generation = detect(names, self.project.root, reading.document)
        report = inspect_agent(reading, ref, folders=folders, generation=generation, targets=self.targets)
        if report.document is None:
            return report
        found = file_findings(report.document, report.sources, self.place, self.files, names)
        return replace(report, findings=(*report.findings, *found))

    def whole(self, agents: tuple[AgentReport, ...]) -> list[Finding]:
        """What concerns the project and not one agent."""
        return [*self._skills(), *self._packages(), *self._size(agents)]

    def _skills(self) -> Iterable[Finding]:
        folder = self.project.root / "skills"
        for name in self.files.paths():
            if name.is_relative_to(folder) and name.name == "SKILL.md":
                yield from read_prompt(self.files.read_bytes(name), name).findings

    def _packages(self) -> Iterable[Finding]:
        own = [name for name in self.files.paths() if name.is_relative_to(self.project.root)]
        yield from native_file_findings(own, self.targets)
        package = self.project.root / "package.json"
        if package in own:
            reading = read_json(self.files.read_bytes(package), str(package))
            yield from reading.findings
            if reading.document:
                yield from native_module_findings(reading.document, self.targets)

    def _size(self, agents: tuple[AgentReport, ...]) -> Iterable[Finding]:
        names = frozenset(self.files.paths())
        used = {
            local.name
            for agent in agents
            if agent.document
            for local in local_uses(agent.document, agent.sources, self.place)
            if local.name in names
        }
        sizes = {name: self.files.size(name) for name in used}
        largest = max(sizes.items(), key=lambda item: item[1], default=None)
        return size_findings(sum(sizes.values()), largest, self.targets)


def _declared_targets(destinations: Destinations) -> tuple[Target, ...]:
    return tuple(dict.fromkeys(Target(one.target) for one in destinations.all))


def _all_uses(agents: tuple[AgentReport, ...], destinations: Destinations) -> tuple[VariableUse, ...]:
    declared = tuple(variable_uses(destinations.document)) if destinations.document else ()
    return (*(use for agent in agents for use in agent.variables), *declared)
