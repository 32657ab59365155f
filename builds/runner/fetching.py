"""Fetches what the agents name elsewhere and the bundle must hold: before bundling, outside of the sandbox."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path, PurePosixPath

from builds.bundlers.resources import fetched_before
from builds.loaders.concurrent import Loaded, Wanted, load_all
from builds.rejection import ProjectInvalidError
from builds.resource_check import named_sources
from core.document import Document
from core.errors import ResourceUnavailableError
from core.findings import Finding, Severity, at, in_reading_order
from core.inspection import AgentReport, Report
from core.resources import ResourceLoader
from core.uris import parse

#: Below the project, so that modules find the project's packages; no path of a repository begins like this.
FOLDER = ".dexto-fetched"


def fetch_remote(report: Report, make_loader: Callable[[], ResourceLoader], project: Path) -> dict[str, Path]:
    """The files by their URIs. Raises ProjectInvalidError, or ResourceUnavailableError when it may work later."""
    if not any(True for agent in report.agents for _use in fetched_before(agent)):
        return {}
    loader = make_loader()
    places: dict[str, Path] = {}
    findings: list[Finding] = []
    for agent in report.agents:
        for loaded in _load(agent, loader):
            if loaded.resource:
                places[loaded.wanted.uri] = _keep(loaded.wanted.uri, loaded.resource.content, project)
            elif isinstance(loaded.error, ResourceUnavailableError):
                raise loaded.error
            elif agent.document:
                findings += _failed(agent.document, agent, loaded)
    if findings:
        raise ProjectInvalidError(in_reading_order(findings))
    return places


def digest_of(fetched: Mapping[str, Path]) -> str:
    """Changes with any content that was fetched; "" for nothing. Files are named by their contents."""
    named = "\n".join(f"{uri} {place.name}" for uri, place in sorted(fetched.items()))
    return sha256(named.encode()).hexdigest() if fetched else ""


def _load(agent: AgentReport, loader: ResourceLoader) -> list[Loaded]:
    if agent.config is None:
        return []
    return load_all(loader, [Wanted(use.uri, use.source) for use in fetched_before(agent)], named_sources(agent.config))


def _keep(uri: str, content: bytes, project: Path) -> Path:
    """Named by its content, with the ending that says what it is."""
    place = project / FOLDER / f"{sha256(content).hexdigest()}{PurePosixPath(parse(uri).path).suffix.lower()}"
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(content)
    return place


def _failed(document: Document, agent: AgentReport, loaded: Loaded) -> Iterator[Finding]:
    for use in fetched_before(agent):
        if use.uri == loaded.wanted.uri and loaded.error:
            error = loaded.error
            yield at(document.at(use.path), Severity.ERROR, error.code, error.sentence, next_step=error.next_step)
