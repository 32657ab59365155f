"""`tools`, `hooks` and `resources`: what the agent can do, what watches it, what it may read."""

from typing import Annotated, Literal

from pydantic import Field

from core.config.base import Count, Model, OpenModel

ToolType = Literal[
    "builtin-tools",
    "filesystem-tools",
    "process-tools",
    "todo-tools",
    "plan-tools",
    "scheduler-tools",
    "lifecycle-tools",
    "creator-tools",
    "agent-spawner",
]


class ToolFactory(OpenModel):
    """One family of tools; further keys are the family's own."""

    type: ToolType
    enabled: bool = True
    enabled_tools: list[str] | None = None


class ContentPolicyHook(Model):
    """Looks at what goes to the model."""

    type: Literal["content-policy"]
    enabled: bool = True
    max_input_chars: Count | None = None
    redact_emails: bool | None = None
    redact_api_keys: bool | None = None
    priority: int | None = None
    blocking: bool | None = None


class ResponseSanitizerHook(Model):
    """Looks at what comes from the model."""

    type: Literal["response-sanitizer"]
    enabled: bool = True
    redact_emails: bool | None = None
    redact_api_keys: bool | None = None
    max_response_length: Count | None = None
    priority: int | None = None
    blocking: bool | None = None


Hook = Annotated[ContentPolicyHook | ResponseSanitizerHook, Field(discriminator="type")]


class FilesystemResource(Model):
    """Files that the model may read."""

    type: Literal["filesystem"]
    paths: Annotated[list[str], Field(min_length=1)]
    max_depth: Annotated[int, Field(ge=1, le=10)] = 3
    max_files: Annotated[int, Field(ge=1, le=10_000)] = 1_000
    include_hidden: bool = False
    include_extensions: list[str] | None = None


class BlobResource(Model):
    """What is kept in the blob store."""

    type: Literal["blob"]


Resource = Annotated[FilesystemResource | BlobResource, Field(discriminator="type")]
