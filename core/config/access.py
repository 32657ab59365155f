"""`permissions`, `elicitation`, `sessions` and `memories`: what is asked, how long, and what is kept."""

from typing import Annotated, Literal

from pydantic import Field

from core.config.base import Count, Milliseconds, Model


class ToolPolicies(Model):
    """Tools by name; denied wins."""

    always_allow: list[str] = []
    always_deny: list[str] = []


class Permissions(Model):
    """Who says yes to a tool."""

    mode: Literal["manual", "auto-approve", "auto-deny"] = "manual"
    timeout: Milliseconds | None = None
    allowed_tools_storage: Literal["memory", "storage"] | None = None
    tool_policies: ToolPolicies | None = None


class Elicitation(Model):
    """Whether MCP servers may ask the person."""

    enabled: bool = False
    timeout: Milliseconds | None = None


class Sessions(Model):
    """How many conversations are kept, and how long (ms)."""

    max_sessions: Count = 100
    session_ttl: Annotated[Milliseconds, Field(alias="sessionTTL")] = 3_600_000


class Memories(Model):
    """Which memories of earlier sessions the prompt carries."""

    enabled: bool = False
    priority: int = 40
    limit: Count | None = None
    include_timestamps: bool = False
    include_tags: bool = True
    pinned_only: bool = False
