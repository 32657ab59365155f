"""Are the resources that agents name really there? Asked over the network, all at once."""

from collections.abc import Iterator

from builds.loaders.concurrent import CONCURRENCY, Loaded, Wanted, load_all
from core.config.agent import AgentConfig
from core.config.data_sources import FsSource
from core.findings import Finding, Severity, at
from core.inspection import AgentReport
from core.resources import NamedSource, ResourceLoader

_IMPLICIT = NamedSource("fs", FsSource(type="fs"))


def named_sources(config: AgentConfig) -> dict[str, NamedSource]:
    """An agent's sources by name; "fs" is there also when nobody declares it."""
    declared = {name: NamedSource(name, source) for name, source in config.data_sources.items()}
    return {"fs": _IMPLICIT} | declared


def load_resources(agent: AgentReport, loader: ResourceLoader, *, concurrency: int = CONCURRENCY) -> list[Loaded]:
    """Everything that an agent names and has not switched off. Empty while its structure is wrong."""
    if agent.config is None:
        return []
    wanted = [Wanted(use.uri, use.source) for use in agent.resources if use.enabled]
    return load_all(loader, wanted, named_sources(agent.config), concurrency=concurrency)


def resource_findings(agent: AgentReport, loaded: list[Loaded]) -> Iterator[Finding]:
    """One finding per resource that could not be loaded, at the line that names it."""
    errors = {(one.wanted.uri, one.wanted.source): one.error for one in loaded if one.error}
    for use in agent.resources:
        error = errors.get((use.uri, use.source))
        if error and agent.document:
            position = agent.document.at(use.path)
            yield at(position, Severity.ERROR, error.code, error.sentence, next_step=error.next_step)
