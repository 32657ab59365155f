"""The files of a repository by name: the only way in which core sees a project."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Protocol

from core.errors import ProjectError


class ProjectFiles(Protocol):
    """A tree of names and bytes. Whoever implements it decides what a name may reach."""

    def paths(self) -> Iterable[PurePosixPath]:
        """The files' names, relative to the repository, in a stable order."""
        ...

    def size(self, path: PurePosixPath) -> int:
        """Bytes of the file. Raises ProjectError when there is no such file."""
        ...

    def read_bytes(self, path: PurePosixPath) -> bytes:
        """The content. Raises ProjectError when there is no such file."""
        ...


@dataclass(frozen=True, slots=True)
class MemoryFiles:
    """Files in memory: a peer of the one on disk, for projects that come from elsewhere and for tests."""

    contents: Mapping[PurePosixPath, bytes]

    @classmethod
    def of(cls, texts: Mapping[str, str | bytes]) -> "MemoryFiles":
        """From names to texts."""
        return cls(
            {PurePosixPath(name): text.encode() if isinstance(text, str) else text for name, text in texts.items()}
        )

    def paths(self) -> Iterable[PurePosixPath]:
        return sorted(self.contents)

    def size(self, path: PurePosixPath) -> int:
        return len(self.read_bytes(path))

    def read_bytes(self, path: PurePosixPath) -> bytes:
        try:
            return self.contents[path]
        except KeyError as error:
            raise no_such_file(path) from error


def no_such_file(path: PurePosixPath) -> ProjectError:
    """The error of every implementation."""
    return ProjectError("file_not_found", f"There is no file {path}", file=str(path))
