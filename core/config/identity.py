"""`agentCard`: how the agent presents itself to other agents."""

from typing import Annotated

from pydantic import Field

from core.config.base import Model, Name


class CardProvider(Model):
    """Who offers the agent."""

    organization: Name
    url: str


class Capabilities(Model):
    """What the agent can do beyond answering."""

    streaming: bool = True
    push_notifications: bool | None = None
    state_transition_history: bool = False


class CardAuthentication(Model):
    """How callers prove who they are."""

    schemes: list[str] = []
    credentials: str | None = None


class CardSkill(Model):
    """One thing that the agent is good at."""

    id: Name
    name: Name
    description: str
    tags: list[str]
    examples: list[str] | None = None
    input_modes: list[str] | None = None
    output_modes: list[str] | None = None


class AgentCard(Model):
    """What /.well-known/agent-card.json answers. The platform fills in `url` where it is left out."""

    name: Name
    description: str | None = None
    url: str | None = None
    version: Annotated[str, Field(min_length=1)] = "1.0.0"
    documentation_url: str | None = None
    provider: CardProvider | None = None
    capabilities: Capabilities | None = None
    authentication: CardAuthentication | None = None
    default_input_modes: list[str] | None = None
    default_output_modes: list[str] | None = None
    skills: list[CardSkill] | None = None
