"""Loads `file://` resources: from the project's own files, and from nowhere else."""

from dataclasses import dataclass

from core.config.data_sources import SourceType
from core.errors import DextoError
from core.local_files import Place
from core.resources import MAX_RESOURCE_BYTES, NamedSource, Resource, checked, fits, load_failed
from core.tree import ProjectFiles


@dataclass(frozen=True, slots=True)
class FilesystemLoader:
    """A loader over the files that were found; links out of the project are not among them."""

    files: ProjectFiles
    place: Place

    def supports(self, uri: str, source: NamedSource) -> bool:
        return source.type is SourceType.FS and fits(uri, source)

    def load(self, uri: str, source: NamedSource) -> Resource:
        checked(uri, source)
        name = self.place.name_of(uri)
        if name is None:
            raise load_failed(uri, source.name, "it is not in the project")
        try:
            size = self.files.size(name)
            content = self.files.read_bytes(name) if size <= MAX_RESOURCE_BYTES else b""
        except DextoError as error:
            raise load_failed(uri, source.name, error.sentence) from error
        if size > MAX_RESOURCE_BYTES:
            raise load_failed(uri, source.name, f"it is larger than {MAX_RESOURCE_BYTES:,} bytes")
        return Resource.of(uri, content)
