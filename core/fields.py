"""Which fields of agent.yml mean something to more than the schema: resources, free text, secrets."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from core.document import Data, Document, Path, is_list, is_mapping

#: Stands for any key or index in a pattern.
ANY: Final = "*"

#: Texts for the model or for people. A `$` in them is a `$`: nothing is expanded there.
FREE_TEXT: Final[tuple[Path, ...]] = (
    ("systemPrompt",),
    ("systemPrompt", "contributors", ANY, "content"),
    ("prompts", ANY, "prompt"),
    ("prompts", ANY, "title"),
    ("prompts", ANY, "description"),
    ("starterPrompts", ANY, "prompt"),
    ("starterPrompts", ANY, "title"),
    ("starterPrompts", ANY, "description"),
    ("greeting",),
    ("agentCard", "name"),
    ("agentCard", "description"),
    ("agentCard", "skills", ANY, "description"),
    ("dataSources", ANY, "description"),
)

#: What must come from a variable: a value written here is in the repository's history for good.
SECRETS: Final[tuple[Path, ...]] = (
    ("llm", "apiKey"),
    ("dataSources", ANY, "credentials", "secretAccessKey"),
    ("dataSources", ANY, "credentials", "sessionToken"),
    ("dataSources", ANY, "credentials", "accountKey"),
    ("dataSources", ANY, "credentials", "sasToken"),
    ("dataSources", ANY, "credentials", "accessToken"),
    ("dataSources", ANY, "credentials", "serviceAccountKey"),
    ("dataSources", ANY, "url"),
    ("mcpServers", ANY, "url"),
    ("storage", "cache", "password"),
    ("storage", "cache", "url"),
    ("storage", "database", "password"),
    ("storage", "database", "url"),
    ("storage", "database", "connectionString"),
    ("storage", "database", "deployKey"),
    ("storage", "blob", "credentials", "secretAccessKey"),
    ("storage", "blob", "credentials", "sessionToken"),
    ("logger", "transports", ANY, "token"),
)


#: Here the key says whether the value is a secret: `Authorization`, `X-Api-Key`, `GITHUB_TOKEN`.
SECRETS_BY_NAME: Final[tuple[Path, ...]] = (
    ("dataSources", ANY, "headers", ANY),
    ("mcpServers", ANY, "headers", ANY),
    ("mcpServers", ANY, "env", ANY),
    ("telemetry", "export", "headers", ANY),
)


@dataclass(frozen=True, slots=True)
class ResourceField:
    """A field that names a resource. `source` is where, beside it, its data source is named."""

    pattern: Path
    kind: str
    holder: Path

    def matches(self, path: Path) -> bool:
        return matches(path, self.pattern)


RESOURCE_FIELDS: Final = (
    ResourceField(("prompts", ANY, "file"), "prompt", ("prompts", ANY)),
    ResourceField(
        ("systemPrompt", "contributors", ANY, "files", ANY),
        "system prompt",
        ("systemPrompt", "contributors", ANY),
    ),
    ResourceField(("plugins", "custom", ANY, "module"), "plugin", ("plugins", "custom", ANY)),
    ResourceField(("storage", "module"), "storage module", ("storage",)),
)


@dataclass(frozen=True, slots=True)
class ResourceUse:
    """One resource that an agent asks for. `source` is the data source's name, written or implied."""

    uri: str
    source: str
    kind: str
    path: Path
    source_path: Path
    enabled: bool
    source_written: bool


def matches(path: Path, pattern: Path) -> bool:
    """Whether a path fits a pattern with ANY in it."""
    return len(path) == len(pattern) and all(wanted in (ANY, step) for step, wanted in zip(path, pattern, strict=True))


def is_free_text(path: Path) -> bool:
    """Whether nothing is expanded in this value."""
    return any(matches(path, pattern) for pattern in FREE_TEXT)


def resource_field(path: Path) -> ResourceField | None:
    """The kind of resource that a value names, if it does."""
    return next((field for field in RESOURCE_FIELDS if field.matches(path)), None)


def resource_uses(document: Document) -> Iterator[ResourceUse]:
    """Every resource that the document names, by the order of the kinds."""
    for field in RESOURCE_FIELDS:
        for path, value in select(document.data, field.pattern):
            if isinstance(value, str):
                yield _use(document, field, path, value)


def select(data: Data, pattern: Path, done: Path = ()) -> Iterator[tuple[Path, Data]]:
    """The values at a pattern, with their paths."""
    if len(done) == len(pattern):
        yield done, data
        return
    step = pattern[len(done)]
    if is_mapping(data):
        keys = data if step == ANY else [step] if step in data else []
        for key in keys:
            yield from select(data[str(key)], pattern, (*done, str(key)))
    elif is_list(data) and step == ANY:
        for index, item in enumerate(data):
            yield from select(item, pattern, (*done, index))


def is_enabled(document: Document, path: Path) -> bool:
    """False when anything that holds the value is switched off."""
    holders = (document.get(path[:length]) for length in range(len(path)))
    return not any(is_mapping(holder) and holder.get("enabled") is False for holder in holders)


def _use(document: Document, field: ResourceField, path: Path, uri: str) -> ResourceUse:
    holder = path[: len(field.holder)]
    written = document.get((*holder, "dataSource"))
    return ResourceUse(
        uri=uri,
        source=written if isinstance(written, str) else "fs",
        kind=field.kind,
        path=path,
        source_path=(*holder, "dataSource") if isinstance(written, str) else path,
        enabled=is_enabled(document, path),
        source_written=isinstance(written, str),
    )
