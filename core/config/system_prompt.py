"""`systemPrompt`: a text, or contributors that are put together by priority."""

from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag

from core.config.base import Model, Name, SystemPromptUri


class _Contributor(Model):
    id: Name
    priority: Annotated[int, Field(ge=0, description="Lower comes first.")]
    enabled: bool = True


class StaticContributor(_Contributor):
    """A text written here."""

    type: Literal["static"]
    content: str


class DynamicContributor(_Contributor):
    """What the runtime knows at the moment. `dateTime` is the older name of `date`."""

    type: Literal["dynamic"]
    source: Literal["date", "env", "resources", "dateTime"]


class FileOptions(Model):
    """How files are put into the prompt."""

    include_filenames: bool = True
    separator: str = "\n\n---\n\n"
    error_handling: Literal["skip", "error"] = "skip"
    max_file_size: Annotated[int, Field(gt=0)] = 100_000
    include_metadata: bool = False


class FileContributor(_Contributor):
    """Texts in files (.md, .txt)."""

    type: Literal["file"]
    files: Annotated[list[SystemPromptUri], Field(min_length=1)]
    data_source: str = "fs"
    options: FileOptions = FileOptions()


class MemoryOptions(Model):
    """Which memories go into the prompt."""

    pinned_only: bool = False
    limit: Annotated[int | None, Field(gt=0)] = None
    include_timestamps: bool = False
    include_tags: bool = True


class MemoryContributor(_Contributor):
    """Memories of earlier sessions; newer projects write `memories` at the top instead."""

    type: Literal["memory"]
    options: MemoryOptions = MemoryOptions()


Contributor = Annotated[
    StaticContributor | DynamicContributor | FileContributor | MemoryContributor,
    Field(discriminator="type"),
]


class Contributors(Model):
    """The parts of a system prompt."""

    contributors: Annotated[list[Contributor], Field(min_length=1)]


def _kind(value: object) -> str:
    return "text" if isinstance(value, str) else "parts"


SystemPrompt = Annotated[
    Annotated[str, Tag("text")] | Annotated[Contributors, Tag("parts")],
    Discriminator(_kind),
]
