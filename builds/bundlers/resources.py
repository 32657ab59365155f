"""The resources that a bundle brings along: pinned by their digests, under URIs that name no machine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path, PurePosixPath

import pathspec

from builds.bundlers.contract import CHECKED_BASE, BundleJob
from core.config.data_sources import SourceType
from core.fields import ResourceUse
from core.generations import Generation
from core.inspection import DEFAULT_BASE, AgentReport
from core.local_files import Place
from core.uris import file_uri, parse

#: Texts of a workspace that no configuration names: the runtime knows them by these names.
WORKSPACE = "workspace"
_WORKSPACE_FILES = ("AGENTS.md", "skills/*/SKILL.md")

MODULE_KINDS = frozenset({"plugin", "storage module"})
#: What the runtime reads by itself, where the agent runs; everything else is brought along.
READ_LATER = frozenset({SourceType.S3, SourceType.HTTP})


@dataclass(frozen=True, slots=True)
class Pinned:
    """One resource. `uri` is logical: files of the project lie below file:///project there."""

    uri: str
    kind: str
    place: Path
    sha256: str
    size: int

    @property
    def is_module(self) -> bool:
        return self.kind in MODULE_KINDS

    @property
    def name(self) -> str:
        return PurePosixPath(parse(self.uri).path).name

    @property
    def object_key(self) -> str:
        """By content; the name stays, because prompts are known by it."""
        return f"{self.sha256}/{self.name}"


def pinned_resources(job: BundleJob) -> tuple[Pinned, ...]:
    """Everything that the agents name and have switched on, once each, in the order of their URIs."""
    found = {one.uri: one for one in _workspace(job)}
    for agent in job.report.agents:
        for use in agent.resources:
            place = _place(job, use) if use.enabled else None
            if place is not None and is_brought(agent, use):
                uri = logical_uri(use.uri)
                found.setdefault(uri, _pin(uri, use.kind, place))
    return tuple(found[uri] for uri in sorted(found))


def is_brought(agent: AgentReport, use: ResourceUse) -> bool:
    """Whether a bundle holds the content, instead of reading it where the agent runs."""
    return use.kind in MODULE_KINDS or agent.sources.get(use.source, {}).get("type") not in READ_LATER


def fetched_before(agent: AgentReport) -> Iterator[ResourceUse]:
    """What is brought along and is no file of the project: to be loaded before bundling, outside of the sandbox."""
    for use in agent.resources:
        if use.enabled and not use.uri.startswith("file:") and is_brought(agent, use):
            yield use


def own_files(job: BundleJob) -> Iterator[tuple[PurePosixPath, Path]]:
    """The project's files, by their paths in the repository, without those that it does not want deployed."""
    project = job.report.project
    excluded = _matcher(project.exclude)
    for name, place in job.files.items():
        path = PurePosixPath(name)
        if path.is_relative_to(project.root) and not excluded.match_file(str(path.relative_to(project.root))):
            yield path, place


def _matcher(patterns: Iterable[str]) -> pathspec.GitIgnoreSpec:
    """A pattern that means nothing excludes nothing."""
    readable = []
    for pattern in patterns:
        with suppress(ValueError):
            pathspec.GitIgnoreSpec.from_lines([pattern])
            readable.append(pattern)
    return pathspec.GitIgnoreSpec.from_lines(readable)


def logical_uri(uri: str) -> str:
    """The URI without the folder in which the project was checked."""
    return uri.replace(file_uri(str(CHECKED_BASE)), file_uri(str(DEFAULT_BASE)), 1)


def _workspace(job: BundleJob) -> Iterator[Pinned]:
    project = job.report.project
    if project.generation is not Generation.PLAN:  # there every text is named
        for path, place in own_files(job):
            if _is_workspace_file(path.relative_to(project.root)):
                yield _pin(file_uri(str(DEFAULT_BASE / path)), WORKSPACE, place)


def _is_workspace_file(path: PurePosixPath) -> bool:
    return any(len(path.parts) == pattern.count("/") + 1 and path.match(pattern) for pattern in _WORKSPACE_FILES)


def _place(job: BundleJob, use: ResourceUse) -> Path | None:
    name = Place(CHECKED_BASE, job.report.project.root).name_of(use.uri)
    return job.fetched.get(use.uri) if name is None else job.files.get(str(name))


def _pin(uri: str, kind: str, place: Path) -> Pinned:
    content = place.read_bytes()
    return Pinned(uri, kind, place, sha256(content).hexdigest(), len(content))
