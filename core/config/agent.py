"""agent.yml as a whole: the plan's keys, those of November 2025 and today's."""

from typing import Annotated, Any

from pydantic import Field

from core.config.access import Elicitation, Memories, Permissions, Sessions
from core.config.base import Model, Name, OpenModel
from core.config.data_sources import DataSource
from core.config.identity import AgentCard
from core.config.legacy import InternalResources, StarterPrompt, ToolConfirmation
from core.config.llm import LLM
from core.config.mcp import McpServer
from core.config.observability import Logger, Telemetry
from core.config.plugins import Plugins
from core.config.prompts import Prompt
from core.config.storage import Storage
from core.config.system_prompt import SystemPrompt
from core.config.tools import Hook, Resource, ToolFactory


def _older(today: str) -> Any:
    """An editor strikes such a key through."""
    return Field(description=f"The older name of `{today}`.", json_schema_extra={"deprecated": True})


class Compaction(OpenModel):
    """How a long conversation is shortened."""

    type: str | None = None
    enabled: bool = True


class AgentFile(OpenModel):
    """Which of the workspace's instruction files the agent reads."""

    enabled: bool = True


class AgentConfig(Model):
    """One agent. Only `systemPrompt` and `llm` are required."""

    system_prompt: Annotated[SystemPrompt, Field(description="What the agent is told first.")]
    llm: Annotated[LLM, Field(description="The model that answers.")]
    data_sources: Annotated[dict[Name, DataSource], Field(description="Where resources come from.")] = {}
    mcp_servers: Annotated[dict[Name, McpServer], Field(description="Tools of other programs.")] = {}
    tools: Annotated[list[ToolFactory] | None, Field(description="Families of built-in tools.")] = None
    prompts: Annotated[list[Prompt], Field(description="Texts to pick from.")] = []
    hooks: Annotated[list[Hook], Field(description="Built-in watchers of a turn.")] = []
    plugins: Annotated[Plugins, Field(description="The project's own code around a turn.")] = Plugins()
    storage: Annotated[Storage | None, Field(description="Where the agent keeps its memory.")] = None
    sessions: Sessions = Sessions()
    permissions: Permissions = Permissions()
    elicitation: Elicitation = Elicitation()
    resources: Annotated[list[Resource], Field(description="What the model may read.")] = []
    memories: Memories = Memories()
    compaction: Compaction | None = None
    telemetry: Telemetry | None = None
    logger: Logger | None = None
    agent_card: AgentCard | None = None
    agent_id: Annotated[str | None, Field(min_length=1, max_length=64)] = None
    greeting: Annotated[str | None, Field(max_length=500)] = None
    image: Annotated[str | None, Field(description="A package with custom code; not on this platform.")] = None
    agent_file: AgentFile | None = None
    # November 2025
    tool_confirmation: Annotated[ToolConfirmation | None, _older("permissions")] = None
    internal_tools: Annotated[list[str] | None, _older("tools")] = None
    custom_tools: Annotated[list[ToolFactory] | None, _older("tools")] = None
    internal_resources: Annotated[InternalResources | None, _older("resources")] = None
    starter_prompts: Annotated[list[StarterPrompt] | None, _older("prompts")] = None
