"""Which parts of the runtime an agent needs: one table, from what its configuration names to files of the runtime."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from core.document import Document, is_mapping
from core.document import Path as DataPath
from core.errors import ProjectError
from core.fields import is_enabled, select
from core.findings import Finding, Severity
from core.inspection import AgentReport
from core.legacy import upgraded
from core.targets import Target


@dataclass(frozen=True, slots=True)
class Part:
    """One entry of the bundle's `parts`: `file` is relative to the runtime's sources, without its ending."""

    kind: str
    name: str
    file: str


@dataclass(frozen=True, slots=True)
class Named:
    """A part, and where the configuration names it; () where nothing does, and the target's default holds."""

    part: Part
    path: DataPath = ()
    severity: Severity = Severity.ERROR


@dataclass(frozen=True, slots=True)
class Row:
    """One kind of part: the values at `pattern` name the files, as `file` says. `optional`: it works without, less."""

    kind: str
    pattern: DataPath
    file: Callable[[str], str]
    optional: bool = False


def _in(folder: str, renamed: Mapping[str, str] | None = None) -> Callable[[str], str]:
    names = renamed or {}
    return lambda name: f"{folder}/{names.get(name, name)}"


#: What each target has under a name of storage; what is not said here is the file of that name.
_MCP = {"http": "mcp-http", "sse": "mcp-http", "stdio": "mcp-stdio"}
_STORES = {"in-memory": "memory"}
_IN_OBJECTS = {"in-memory": "durable-object", "sqlite": "durable-object"}
_BLOBS = {"in-memory": "memory"}
_IN_BUCKETS = {"in-memory": "r2", "local": "r2"}


def _tools(name: str) -> str:
    return f"tools/{name.removesuffix('-tools')}"


_COMMON = (
    Row("providers", ("llm", "provider"), _in("providers")),
    Row("stores", ("storage", "provider"), _in("stores")),
    Row("caches", ("storage", "cache", "type"), _in("caches", {"in-memory": "memory"})),
    Row(
        "toolSources",
        ("mcpServers", "*", "type"),
        _in("tools", {"http": "mcp-http", "sse": "mcp-http", "stdio": "mcp-stdio"}),
    ),
    Row("toolSources", ("tools", "*", "type"), _tools, optional=True),
    Row("hooks", ("hooks", "*", "type"), _in("hooks")),
)
_ON_NODE = (
    *_COMMON,
    Row("stores", ("storage", "database", "type"), _in("stores", _STORES)),
    Row("blobs", ("storage", "blob", "type"), _in("blobs", _BLOBS)),
)
ROWS: Mapping[Target, tuple[Row, ...]] = {
    Target.NODEJS: _ON_NODE,
    Target.LAMBDA: _ON_NODE,
    Target.VERCEL: _ON_NODE,
    Target.CLOUDFLARE: (
        *_COMMON,
        Row("stores", ("storage", "database", "type"), _in("stores", _IN_OBJECTS)),
        Row("blobs", ("storage", "blob", "type"), _in("blobs", _IN_BUCKETS)),
    ),
}

#: What an agent has that says nothing about its storage.
_KEPT = {"cache": {"type": "in-memory"}, "database": {"type": "sqlite"}, "blob": {"type": "local"}}
_FORGOTTEN = {kind: {"type": "in-memory"} for kind in _KEPT}
STORAGE: Mapping[Target, Mapping[str, object]] = {
    Target.NODEJS: _KEPT,
    Target.CLOUDFLARE: _KEPT,
    Target.LAMBDA: _FORGOTTEN,
    Target.VERCEL: _FORGOTTEN,
}

#: Always there: DEXTO_MODEL_BASE_URL turns each model into one of these.
_ALWAYS = (Named(Part("providers", "openai-compatible", "providers/openai-compatible")),)


def named_parts(agent: AgentReport, target: Target) -> Iterator[Named]:
    """The parts that an agent names, with what holds where it names none."""
    document = agent.document
    if document is None:
        return
    yield from _ALWAYS
    storage = _stored(document)
    for row in ROWS[target]:
        for path, value in select(document.data, row.pattern):
            if isinstance(value, str) and is_enabled(document, path):
                yield _named(row, value, path)
    if storage is None:
        for row in ROWS[target]:
            for _path, value in select({"storage": STORAGE[target]}, row.pattern):
                yield _named(row, str(value), ())
    yield from _legacy(document, target)


def readers(agents: Iterable[AgentReport], bundled: str) -> Iterator[Part]:
    """What reads resources: `bundled` is the reader of what the bundle brings, "" where it brings nothing."""
    if bundled:
        yield Part("readers", "bundled", f"readers/{bundled}")
    kinds = {str(source.get("type")) for agent in agents for source in agent.sources.values()}
    yield from (Part("readers", kind, f"readers/{kind}") for kind in ("http", "s3") if kind in kinds)


def missing_parts(agents: Iterable[AgentReport], target: Target, sources: Path) -> Iterator[tuple[Part, Finding]]:
    """Parts that the runtime does not have, each with what there is to say about it."""
    for agent in agents:
        for named in named_parts(agent, target):
            if not (sources / f"{named.part.file}.ts").is_file() and agent.document:
                yield named.part, _missing(agent.document, named, target)


def _named(row: Row, value: str, path: DataPath) -> Named:
    severity = Severity.WARNING if row.optional else Severity.ERROR
    return Named(Part(row.kind, value, row.file(value)), path, severity)


def _stored(document: Document) -> object:
    return document.get(("storage",))


def _legacy(document: Document, target: Target) -> Iterator[Named]:
    """Older keys become entries of today's lists, whose lines are those of the older keys."""
    if not is_mapping(document.data):
        return
    today = upgraded(document.data)
    for row in ROWS[target]:
        if row.pattern[0] in ("tools", "hooks") and today.get(row.pattern[0]) != document.data.get(row.pattern[0]):
            for _path, value in select(today, row.pattern):
                yield _named(row, str(value), ())


def _missing(document: Document, named: Named, target: Target) -> Finding:
    place = document.at(named.path)
    error = ProjectError(
        "part_missing",
        f'The runtime of this platform has no {_NOUNS[named.part.kind]} "{named.part.name}"',
        "It is left out." if named.severity is Severity.WARNING else "Choose another one.",
        place.file,
        place.line,
    )
    return Finding(
        named.severity, error.code, error.sentence, error.next_step, place.file, place.line, place.column, (target,)
    )


_NOUNS = {
    "providers": "model provider",
    "stores": "database",
    "caches": "cache",
    "blobs": "blob store",
    "readers": "reader of resources",
    "toolSources": "tools",
    "hooks": "hook",
}
