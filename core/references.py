"""Phase two: do names that point elsewhere hit? Data sources, their schemes, and what must be unique."""

from collections.abc import Callable, Iterator, Mapping

from core.config.data_sources import SCHEMES_OF, SourceType
from core.document import Document, Path, is_mapping
from core.errors import DextoError
from core.fields import ResourceUse, resource_uses, select
from core.findings import Finding, Severity, at
from core.generations import Generation
from core.uris import Uri, fully_decoded, parse
from core.variables import references

Sources = Mapping[str, Mapping[str, object]]

#: Lists whose entries are told apart by a name.
UNIQUE: tuple[tuple[Path, str], ...] = (
    (("prompts", "*", "id"), "prompt"),
    (("starterPrompts", "*", "id"), "starter prompt"),
    (("systemPrompt", "contributors", "*", "id"), "contributor"),
    (("plugins", "custom", "*", "name"), "plugin"),
    (("tools", "*", "type"), "tool family"),
    (("customTools", "*", "type"), "tool family"),
    (("hooks", "*", "type"), "hook"),
    (("agentCard", "skills", "*", "id"), "skill"),
)


def reference_findings(document: Document, generation: Generation) -> Iterator[Finding]:
    """Every reference that misses, also in a document whose structure is wrong elsewhere."""
    sources = data_sources(document, generation)
    for use in resource_uses(document):
        yield from _check_use(document, use, sources)
    for pattern, noun in UNIQUE:
        yield from duplicate_findings(document, pattern, noun)


def data_sources(document: Document, generation: Generation) -> Sources:
    """The sources by name. The newer generations have an implicit "fs"; the plan's must name it."""
    written = document.get(("dataSources",))
    sources: dict[str, Mapping[str, object]] = {}
    if generation is not Generation.PLAN:
        sources["fs"] = {"type": "fs"}
    if is_mapping(written):
        sources |= {name: one for name, one in written.items() if is_mapping(one)}
    return sources


def _check_use(document: Document, use: ResourceUse, sources: Sources) -> Iterator[Finding]:
    source = sources.get(use.source)
    if source is None:
        available = ", ".join(sources)
        yield at(
            document.at(use.source_path),
            Severity.ERROR,
            "resource_unknown_data_source",
            f'Unknown dataSource "{use.source}". Available: {available or "none"}',
            next_step=_how_to_name(use, bool(sources)),
        )
        return
    try:
        uri = parse(use.uri)
    except DextoError:
        # The structure's check says so, with the field's own name.
        return
    name = next((one.name for one in references(use.uri)), None)
    if name:
        yield at(
            document.at(use.path),
            Severity.ERROR,
            "uri_invalid",
            f"A URI is the same in every environment, so it cannot hold the variable {name}",
            next_step="Write it out; the bucket or address of a data source may hold a variable.",
        )
        return
    yield from _check_scheme(document, use, source, uri)


def _how_to_name(use: ResourceUse, has_sources: bool) -> str:
    if use.source == "fs" and not use.source_written:
        return "Add `fs: {type: fs}` under dataSources, or name another source here."
    return "Name one of these." if has_sources else "Add it under dataSources."


def _check_scheme(document: Document, use: ResourceUse, source: Mapping[str, object], uri: Uri) -> Iterator[Finding]:
    kind = source.get("type")
    if kind not in list(SourceType):
        return
    expected = SCHEMES_OF[SourceType(str(kind))]
    if uri.scheme not in expected:
        yield at(
            document.at(use.path),
            Severity.ERROR,
            "resource_scheme_mismatch",
            f'URI scheme "{uri.scheme}://" doesn\'t match dataSource type "{kind}". Expected: {", ".join(expected)}',
            next_step="Name a data source of the matching type.",
        )
        return
    complaint = _OUTSIDE.get(SourceType(str(kind)), _never)(source, uri)
    if complaint:
        yield at(
            document.at(use.path),
            Severity.ERROR,
            "resource_outside_source",
            f'{complaint}, so it is not in dataSource "{use.source}"',
            next_step="The source's credentials are meant for that place only; add a source for this one.",
        )


def is_within(source: Mapping[str, object], uri: Uri) -> bool:
    """Whether a URI lies in its source's bucket, table or address: where its credentials may be shown."""
    kind = source.get("type")
    return not _OUTSIDE.get(SourceType(str(kind)), _never)(source, uri)


def _never(_source: Mapping[str, object], _uri: Uri) -> str:
    return ""


def _outside_container(key: str, noun: str) -> Callable[[Mapping[str, object], Uri], str]:
    def check(source: Mapping[str, object], uri: Uri) -> str:
        wanted = str(source.get(key, ""))
        # A name with a variable in it is checked by the loader, which knows the value.
        if "$" in wanted or uri.host == wanted.lower():
            return ""
        return f'The {noun} "{uri.host}" is not "{wanted}"'

    return check


def _outside_address(source: Mapping[str, object], uri: Uri) -> str:
    base = str(source.get("baseUrl", ""))
    if "$" in base:
        return ""
    try:
        wanted = parse(base, schemes=("http", "https"))
    except DextoError:
        return ""
    below = fully_decoded(uri.path).startswith(wanted.path.rstrip("/") + "/") or uri.path == wanted.path
    same = (uri.scheme, uri.host, uri.port) == (wanted.scheme, wanted.host, wanted.port)
    return "" if same and below else f"{uri.public} is not below {base}"


_OUTSIDE: dict[SourceType, Callable[[Mapping[str, object], Uri], str]] = {
    SourceType.S3: _outside_container("bucket", "bucket"),
    SourceType.GCS: _outside_container("bucket", "bucket"),
    SourceType.AZURE: _outside_container("container", "container"),
    SourceType.POSTGRES: _outside_container("table", "table"),
    SourceType.HTTP: _outside_address,
}


def duplicate_findings(document: Document, pattern: Path, noun: str) -> Iterator[Finding]:
    """Entries of a list whose names are there already."""
    first: dict[str, int] = {}
    for path, value in select(document.data, pattern):
        if not isinstance(value, str):
            continue
        position = document.at(path)
        if value in first:
            yield at(
                position,
                Severity.ERROR,
                "duplicate_name",
                f'There is already a {noun} "{value[:60]}", on line {first[value]}',
                next_step="Give one of them another name.",
            )
        first.setdefault(value, position.line)
