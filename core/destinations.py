"""The destinations of a project: deployment.yml, or `deployments` of dexto.config."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from core.config.deployments import DeploymentFile, Destination
from core.document import Document, Reading, is_mapping
from core.empty_values import without_empty_values
from core.fields import select
from core.findings import Finding, Severity, at, not_said_before
from core.generations import DEPLOYMENT_FILES
from core.markers import SCRIPT_CONFIGS
from core.project import Project
from core.references import duplicate_findings
from core.structure import read_model
from core.tree import ProjectFiles
from core.yaml_reader import read_yaml

#: Reads a script as data, without running it; who has no such reader skips the scripts.
ScriptReader = Callable[[bytes, str], Reading]


@dataclass(frozen=True, slots=True)
class Destinations:
    """What the project declares; empty when it declares nothing. `document` is where."""

    all: tuple[Destination, ...] = ()
    findings: tuple[Finding, ...] = ()
    document: Document | None = None


def find_destinations(files: ProjectFiles, project: Project, script_reader: ScriptReader) -> Destinations:
    """The declared destinations. The file wins over the script."""
    names = frozenset(files.paths())
    written = _first(names, project.root, DEPLOYMENT_FILES)
    script = _first(names, project.root, SCRIPT_CONFIGS)
    by_script = _scripted(files, script, script_reader, project) if script else Destinations()
    if written is None:
        return by_script
    reading = read_yaml(files.read_bytes(written), str(written))
    by_file = _declared(reading, project)
    twice = tuple(_twice(reading.document, by_script)) if reading.document else ()
    # What is wrong in the script counts, its destinations do not.
    script_findings = () if by_script.all else by_script.findings
    return replace(by_file, findings=(*by_file.findings, *script_findings, *twice))


def _scripted(files: ProjectFiles, script: PurePosixPath, read: ScriptReader, project: Project) -> Destinations:
    reading = read(files.read_bytes(script), str(script))
    document = reading.document
    if document is None or not is_mapping(document.data) or "deployments" not in document.data:
        return Destinations((), reading.findings)
    # The rest of the script is the project's own.
    only = replace(document, data={"deployments": document.data["deployments"]})
    return _declared(Reading(only, reading.findings), project)


def _declared(reading: Reading, project: Project) -> Destinations:
    if reading.document is None:
        return Destinations((), reading.findings)
    document = without_empty_values(reading.document)
    structured = read_model(document, DeploymentFile, "list of deployments")
    duplicates = tuple(duplicate_findings(document, ("deployments", "*", "name"), "deployment"))
    destinations = tuple(structured.model.deployments) if structured.model else ()
    wrong = not_said_before(structured.findings, reading.findings)
    findings = (*reading.findings, *wrong, *duplicates, *_unknown_agents(document, project))
    return Destinations(destinations, findings, document)


def _unknown_agents(document: Document, project: Project) -> Iterator[Finding]:
    known = [agent.id for agent in project.agents]
    for path, name in select(document.data, ("deployments", "*", "agent")):
        if isinstance(name, str) and name not in known:
            yield at(
                document.at(path),
                Severity.ERROR,
                "unknown_agent",
                f'There is no agent "{name}" in the project',
                next_step=f"There are: {', '.join(known) or 'none'}.",
            )


def _twice(document: Document, by_script: Destinations) -> Iterator[Finding]:
    if by_script.document is not None:
        yield at(
            document.at(()),
            Severity.WARNING,
            "deployments_twice",
            f"{by_script.document.file} declares deployments too; only this file counts",
            next_step="Remove one of the two.",
        )


def _first(names: frozenset[PurePosixPath], root: PurePosixPath, wanted: tuple[str, ...]) -> PurePosixPath | None:
    return next((root / name for name in wanted if root / name in names), None)
