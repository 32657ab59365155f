"""`prompts`: texts that a person picks instead of writing them."""

from typing import Annotated, Literal

from pydantic import Field

from core.config.base import KebabId, Model, OpenModel, PromptUri


class InlinePrompt(Model):
    """A prompt written here."""

    type: Literal["inline"]
    id: KebabId
    title: str | None = None
    description: str | None = None
    prompt: Annotated[str, Field(min_length=1)]
    category: str = "general"
    priority: int = 0
    show_in_starters: bool = False
    user_invocable: Annotated[bool, Field(alias="user-invocable")] = True


class FilePrompt(Model):
    """A prompt in a markdown file."""

    type: Literal["file"]
    file: PromptUri
    data_source: str = "fs"
    show_in_starters: bool = False
    user_invocable: Annotated[bool, Field(alias="user-invocable")] = True
    namespace: str | None = None


Prompt = Annotated[InlinePrompt | FilePrompt, Field(discriminator="type")]


class Frontmatter(OpenModel):
    """What a prompt's file may say about itself above its text. Other tools that read it have keys of their own."""

    id: KebabId | None = None
    name: str | None = None
    title: str | None = None
    description: str | None = None
    category: str | None = None
    priority: int | None = None
    argument_hint: Annotated[str | list[str] | None, Field(alias="argument-hint")] = None
    user_invocable: Annotated[bool | None, Field(alias="user-invocable")] = None
