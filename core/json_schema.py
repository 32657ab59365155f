"""JSON Schemas of the files that a person writes, so that editors complete and check them."""

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from core.config.agent import AgentConfig
from core.config.deployments import DeploymentFile
from core.config.registry import Registry

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_MODELS: dict[str, tuple[type[BaseModel], str]] = {
    "agent": (AgentConfig, "agent.yml: an agent"),
    "deployment": (DeploymentFile, "deployment.yml: the destinations of a project"),
    "registry": (Registry, "agents/registry.json: the agents of a project"),
}
NAMES = tuple(_MODELS)


def json_schema(name: str = "agent") -> dict[str, Any]:
    """The schema of one kind of file, by one of NAMES."""
    model, title = _MODELS[name]
    schema = model.model_json_schema(by_alias=True, schema_generator=GenerateJsonSchema)
    return {"$schema": DIALECT} | schema | {"title": title}
