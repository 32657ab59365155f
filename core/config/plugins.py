"""`plugins`: built-in ones of the older generation, and the person's own code in both older generations."""

from typing import Annotated

from pydantic import Field

from core.config.base import Count, FreeForm, Model, Name, PluginUri


class CustomPlugin(Model):
    """A module of the project whose hooks run around a turn."""

    name: Name
    module: PluginUri
    data_source: str = "fs"
    enabled: bool = True
    blocking: Annotated[bool, Field(description="Whether its errors stop the turn.")]
    priority: Annotated[int, Field(description="Lower runs first.")]
    config: FreeForm | None = None


class _BuiltInPlugin(Model):
    enabled: bool = True
    priority: int | None = None
    blocking: bool | None = None
    redact_emails: bool | None = None
    redact_api_keys: bool | None = None


class ContentPolicyPlugin(_BuiltInPlugin):
    """The older form of the hook content-policy."""

    max_input_chars: Count | None = None


class ResponseSanitizerPlugin(_BuiltInPlugin):
    """The older form of the hook response-sanitizer."""

    max_response_length: Count | None = None


class Plugins(Model):
    """What runs around a turn."""

    custom: list[CustomPlugin] = []
    content_policy: ContentPolicyPlugin | None = None
    response_sanitizer: ResponseSanitizerPlugin | None = None
