"""From what a person writes to absolute URIs: templates and bare paths are expanded."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from core.document import Data, Document, Path, is_list, is_mapping
from core.errors import DextoError, ProjectError
from core.fields import is_free_text, resource_field
from core.findings import Finding, Severity, at, has_errors
from core.generations import Generation
from core.templates import Folders, expand_path, expand_uri, has_template
from core.uris import MAX_CHARACTERS, climbs, file_uri


@dataclass(frozen=True, slots=True)
class Expanded:
    """The document with absolute URIs, and what was said on the way."""

    document: Document
    findings: tuple[Finding, ...]

    @property
    def errors(self) -> bool:
        return has_errors(self.findings)


def expand(document: Document, folders: Folders | None, generation: Generation) -> Expanded:
    """Expands every string value. A value that cannot be expanded stays as it is, with an error.

    Without folders the configuration is no file: templates are errors, and a bare path is none of its paths.
    """
    bare_paths = generation is not Generation.PLAN and folders is not None
    walk = _Walk(document, folders or Folders.NOWHERE, bare_paths)
    data = walk.value(document.data, ())
    return Expanded(replace(document, data=data), tuple(walk.findings))


@dataclass(slots=True)
class _Walk:
    document: Document
    folders: Folders
    bare_paths: bool
    findings: list[Finding] = field(default_factory=list)

    def value(self, data: Data, path: Path) -> Data:
        if isinstance(data, str):
            return self._text(data, path)
        if is_mapping(data):
            return {key: self.value(value, (*path, key)) for key, value in data.items()}
        if is_list(data):
            return [self.value(value, (*path, index)) for index, value in enumerate(data)]
        return data

    def _text(self, text: str, path: Path) -> str:
        if resource_field(path):
            return self._guarded(text, path, self._uri)
        if not has_template(text) or (is_free_text(path) and "dexto." not in text):
            return text
        return self._guarded(text, path, self._path)

    def _path(self, text: str, _path: Path) -> str:
        self._need_folder()
        return expand_path(text, self.folders)

    def _need_folder(self) -> None:
        if self.folders is Folders.NOWHERE:
            raise ProjectError(
                "template_without_folder",
                "A configuration that is not a file has no folder",
                "Name resources by s3:// or https://.",
            )

    def _guarded(self, text: str, path: Path, expand_one: Callable[[str, Path], str]) -> str:
        try:
            return expand_one(text, path)
        except DextoError as error:
            position = self.document.at(path)
            self.findings.append(at(position, error.severity, error.code, error.sentence, next_step=error.next_step))
            return text

    def _uri(self, text: str, path: Path) -> str:
        if len(text) > MAX_CHARACTERS:
            # The structure's check says so, with the field's own name.
            return text
        if has_template(text):
            self._need_folder()
            return expand_uri(text, self.folders)
        if not self.bare_paths or ":" in text or not text or text.startswith("//"):
            return text
        resolved = _resolved(text, self.folders)
        uri = file_uri(str(resolved))
        self.findings.append(
            at(
                self.document.at(path),
                Severity.INFO,
                "bare_path",
                f'"{text[:80]}" is read as {self._said(resolved)}, from the implicit data source "fs"',
                next_step="Write ${{dexto.agent_dir}}/… to say so yourself.",
            )
        )
        return uri

    def _said(self, path: PurePosixPath) -> str:
        """Where a project lies on this machine says nothing to its owner."""
        inside = path.is_relative_to(self.folders.project)
        return f"${{{{dexto.project_dir}}}}/{path.relative_to(self.folders.project)}" if inside else str(path)


def _resolved(text: str, folders: Folders) -> PurePosixPath:
    """A bare path from the agent's folder; it may climb within the project, and no further."""
    path = PurePosixPath(text)
    if "\\" in text or (climbs(text) and ".." not in path.parts):
        raise ProjectError("path_traversal", f'"{text[:80]}" hides a parent step')
    if path.is_absolute():
        return _normal(path)
    resolved = _normal(folders.agent / path)
    if not resolved.is_relative_to(folders.project):
        raise ProjectError("path_traversal", f'"{text[:80]}" leaves the project', "Move the file into the project.")
    return resolved


def _normal(path: PurePosixPath) -> PurePosixPath:
    return PurePosixPath("/", *_without_parents(path))


def _without_parents(path: PurePosixPath) -> Iterator[str]:
    kept: list[str] = []
    for part in path.parts[1:]:
        if part == "..":
            # Above the root there is nothing: the caller's check for the project then fails.
            kept = kept[:-1]
        else:
            kept.append(part)
    yield from kept
