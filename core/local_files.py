"""Files of the project that an agent names: are they there, and what are they?"""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import PurePosixPath

from core.document import Document
from core.errors import DextoError
from core.fields import ResourceUse, resource_uses
from core.findings import Finding, Severity, at
from core.prompt_files import read_prompt
from core.references import Sources
from core.tree import ProjectFiles
from core.uris import parse

#: What each kind of resource may be, by its file's ending.
SUFFIXES = {
    "prompt": (".md",),
    "system prompt": (".md", ".txt"),
    "plugin": (".ts", ".mts", ".js", ".mjs", ".cjs"),
    "storage module": (".ts", ".mts", ".js", ".mjs", ".cjs"),
}

#: Names that are compared with a missing one.
_COMPARED = 500


@dataclass(frozen=True, slots=True)
class Place:
    """Where a repository lies for `file://` URIs, and which folder of it is the project."""

    base: PurePosixPath
    root: PurePosixPath

    @property
    def project(self) -> PurePosixPath:
        return self.base / self.root

    def name_of(self, uri: str) -> PurePosixPath | None:
        """The file's name in the repository, or None when it is not in the project."""
        try:
            path = PurePosixPath(parse(uri, schemes=("file",)).path)
        except DextoError:
            return None
        return path.relative_to(self.base) if path.is_relative_to(self.project) else None


@dataclass(frozen=True, slots=True)
class LocalUse:
    """A resource that is a file of the project."""

    use: ResourceUse
    name: PurePosixPath


def local_uses(document: Document, sources: Sources, place: Place) -> Iterator[LocalUse]:
    """What an agent names from its own project."""
    for use in resource_uses(document):
        if sources.get(use.source, {}).get("type") == "fs":
            name = place.name_of(use.uri)
            if name is not None:
                yield LocalUse(use, name)


def file_findings(
    document: Document, sources: Sources, place: Place, files: ProjectFiles, names: frozenset[PurePosixPath]
) -> Iterator[Finding]:
    """Files that are missing, outside, or not of the kind that the field wants."""
    guesses = _Guesses(names)
    for use in resource_uses(document):
        if sources.get(use.source, {}).get("type") == "fs" and use.uri.startswith("file:///"):
            yield from _file(document, use, place.name_of(use.uri), files, guesses)


def _file(
    document: Document,
    use: ResourceUse,
    name: PurePosixPath | None,
    files: ProjectFiles,
    guesses: "_Guesses",
) -> Iterator[Finding]:
    severity = Severity.ERROR if use.enabled else Severity.WARNING
    where = document.at(use.path)
    if name is None:
        yield at(
            where,
            Severity.WARNING,
            "file_outside_project",
            f"{use.uri} is not in the project, so it cannot be bundled",
            next_step="Move the file into the project.",
        )
    elif name not in guesses.names:
        yield at(where, severity, "file_not_found", f"There is no file {name}", next_step=guesses.like(name))
    elif name.suffix.lower() not in SUFFIXES[use.kind]:
        wanted = " or ".join(SUFFIXES[use.kind])
        yield at(where, severity, "file_kind", f"{name} cannot be a {use.kind}: that is a {wanted} file")
    elif use.kind == "prompt":
        yield from read_prompt(files.read_bytes(name), name).findings


@dataclass(slots=True)
class _Guesses:
    """What may have been meant by names of missing files. Comparing is slow, so it is done a few times only."""

    names: frozenset[PurePosixPath]
    left: int = 20

    def like(self, name: PurePosixPath) -> str:
        self.left -= 1
        if self.left < 0:
            return ""
        close = get_close_matches(str(name)[:200], self._candidates(name), n=1)
        return f'Did you mean "{close[0]}"?' if close else ""

    def _candidates(self, name: PurePosixPath) -> list[str]:
        """Files of the same kind, those beside it first."""
        same = [one for one in self.names if one.suffix == name.suffix]
        same.sort(key=lambda one: (one.parent != name.parent, one.name != name.name, str(one)))
        return [str(one) for one in same[:_COMPARED]]
