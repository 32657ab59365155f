"""agents/registry.json and .dexto/deploy.json: which agents a project has, and which one answers."""

from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag

from core.config.base import Model, Name


class RegistryEntry(Model):
    """One agent; `configPath` is relative to the registry."""

    id: Name
    name: Name
    description: str
    config_path: Name
    author: str | None = None
    tags: list[str] | None = None
    parent_agent_id: str | None = None


class Registry(Model):
    """The agents of a project."""

    primary_agent: str | None = None
    allow_global_agents: bool = False
    agents: list[RegistryEntry]


class WorkspaceAgent(Model):
    """An agent of the project."""

    type: Literal["workspace"]
    path: Name


class CloudDefaultAgent(Model):
    """The cloud's own agent; the project only brings files."""

    type: Literal["cloud-default"]


class DeployFile(Model):
    """Today's form of deploy.json."""

    version: Literal[1]
    agent: Annotated[WorkspaceAgent | CloudDefaultAgent, Field(discriminator="type")]
    exclude: list[str] = []


class LegacyDeployFile(Model):
    """The older form."""

    version: Literal[1]
    entry_agent: Name
    exclude: list[str] = []


def _kind(value: object) -> str:
    return "legacy" if isinstance(value, dict) and "entryAgent" in value else "today"


AnyDeployFile = Annotated[
    Annotated[DeployFile, Tag("today")] | Annotated[LegacyDeployFile, Tag("legacy")],
    Discriminator(_kind),
]
