"""The keys of November 2025 that have other names today, in their old shape."""

from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag

from core.config.access import ToolPolicies
from core.config.base import KebabId, Milliseconds, Model
from core.config.tools import Resource


class ToolConfirmation(Model):
    """Today `permissions`; `event-based` is `manual`."""

    mode: Literal["event-based", "manual", "auto-approve", "auto-deny"] = "event-based"
    timeout: Milliseconds | None = None
    allowed_tools_storage: Literal["memory", "storage"] | None = None
    tool_policies: ToolPolicies | None = None


class StarterPrompt(Model):
    """Today a prompt with `showInStarters: true`."""

    type: Literal["inline"] = "inline"
    id: KebabId
    title: str | None = None
    description: str | None = None
    prompt: Annotated[str, Field(min_length=1)]
    category: str = "general"
    priority: int = 0


class InternalResourcesObject(Model):
    """The longer form, which can be switched off."""

    enabled: bool = True
    resources: list[Resource] = []


def _kind(value: object) -> str:
    return "list" if isinstance(value, list) else "object"


InternalResources = Annotated[
    Annotated[list[Resource], Tag("list")] | Annotated[InternalResourcesObject, Tag("object")],
    Discriminator(_kind),
]
