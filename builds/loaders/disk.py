"""A project on disk. A name never reaches a file outside the project: links out of it are refused."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from core.errors import ProjectError
from core.findings import Finding, Position, Severity, at
from core.tree import no_such_file

#: What a build makes or installs anew.
_SKIPPED_FOLDERS = frozenset({"node_modules", ".git", ".venv", ".dexto-cloud"})
#: What `dexto deploy` may pack along: a running agent's own state, which is no part of the project.
_STATE_FOLDERS = (".dexto/database", ".dexto/logs", ".dexto/blobs")
#: A repository with more files is not walked to its end.
MAX_FILES = 100_000
_MAX_DEPTH = 64


@dataclass(slots=True)
class DiskFiles:
    """The files below a folder. It is read once; `findings` says what was left out."""

    root: Path
    max_files: int = MAX_FILES
    names: dict[PurePosixPath, Path] = field(default_factory=dict, init=False)
    findings: list[Finding] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        self.root = self.root.resolve()
        for entry in self._walk(self.root):
            if len(self.names) >= self.max_files:
                self._too_many()
                return
            self._add(entry)

    def paths(self) -> Iterator[PurePosixPath]:
        return iter(self.names)

    def size(self, path: PurePosixPath) -> int:
        return self._real(path).stat().st_size

    def read_bytes(self, path: PurePosixPath) -> bytes:
        try:
            return self._real(path).read_bytes()
        except OSError as error:
            raise ProjectError("file_unreadable", f"{path} cannot be read: {error.strerror}", file=str(path)) from error

    def _real(self, path: PurePosixPath) -> Path:
        """Resolved again at each use: what was a file may be a link by now."""
        if path not in self.names:
            raise no_such_file(path)
        real = self.names[path].resolve()
        if not real.is_relative_to(self.root):
            raise ProjectError("symlink_outside", f"{path} leads out of the project", file=str(path))
        return real

    def _walk(self, folder: Path) -> Iterator[os.DirEntry[str]]:
        """Folders behind links are not entered: their files have a name of their own, or are outside."""
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError:
            return
        for entry in entries:
            if not _is_text(entry.name):
                self._say(
                    Path(entry.path),
                    "file_name_not_utf8",
                    "The name of this file or folder is not UTF-8; it is left out",
                )
            elif not entry.is_dir(follow_symlinks=False):
                yield entry
            elif not self._skipped(Path(entry.path)):
                yield from self._walk(Path(entry.path))

    def _skipped(self, folder: Path) -> bool:
        inside = folder.relative_to(self.root).as_posix()
        too_deep = inside.count("/") >= _MAX_DEPTH
        return too_deep or folder.name in _SKIPPED_FOLDERS or inside in _STATE_FOLDERS

    def _add(self, entry: os.DirEntry[str]) -> None:
        path = Path(entry.path)
        name = PurePosixPath(entry.path[len(str(self.root)) :].lstrip("/"))
        if not entry.is_symlink():
            if entry.is_file():
                self.names[name] = path
        elif not self._leads_inside(path):
            self._say(path, "symlink_outside", "This link leads out of the project, or to nothing")
        elif path.is_dir():
            self._say(path, "symlink_folder", "Links to folders are not followed")
        elif path.is_file():
            self.names[name] = path

    def _leads_inside(self, path: Path) -> bool:
        try:
            return path.resolve(strict=True).is_relative_to(self.root)
        except (OSError, RuntimeError):
            return False

    def _say(self, path: Path, code: str, sentence: str) -> None:
        # Whether anything needs the file is said where it is named: there it is missing.
        name = path.relative_to(self.root).as_posix().encode(errors="surrogateescape").decode(errors="replace")
        step = "Give it another name." if code == "file_name_not_utf8" else "Put a copy of the file here."
        self.findings.append(at(Position(name, 1, 1), Severity.WARNING, code, sentence, next_step=step))

    def _too_many(self) -> None:
        self.findings.append(
            at(
                Position(),
                Severity.ERROR,
                "too_many_files",
                f"The repository has more than {self.max_files:,} files",
                next_step="Name a smaller folder as the project's root.",
            )
        )


def _is_text(name: str) -> bool:
    """Bytes that are no UTF-8 come as surrogates, which neither JSON nor the database can carry."""
    return name.isascii() or not any("\ud800" <= one <= "\udfff" for one in name)
