"""Which destinations a commit declares: read from its tree as it was fetched, before anything is checked out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Final

from builds.loaders.script_config import read_script
from builds.runner.checkout import Mirror
from core.config.deployments import Destination
from core.destinations import find_destinations
from core.findings import Severity
from core.generations import DEPLOYMENT_FILES
from core.markers import SCRIPT_CONFIGS
from core.project import discover
from core.tree import no_such_file

_NAMES: Final = frozenset({*DEPLOYMENT_FILES, *SCRIPT_CONFIGS})
#: Of the few files that say what a project is; a larger one is none of them.
_LARGEST: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Declared:
    """`destinations` is empty where the commit declares none; `wrong` says why what it declares cannot be taken."""

    destinations: tuple[Destination, ...] = ()
    wrong: str = ""


def declared_in(mirror: Mirror, tree_sha: str) -> Declared:
    """Of the project at this tree. A mistake in the file is the check's to report; here it only counts for nothing."""
    sizes = {PurePosixPath(file.path): file.size for file in mirror.files(tree_sha)}
    if not any(path.name in _NAMES for path in sizes):
        return Declared()
    files = _TreeFiles(mirror, tree_sha, sizes)
    found = find_destinations(files, discover(files), read_script)
    mistakes = [one.sentence for one in found.findings if one.severity is Severity.ERROR]
    return Declared((), mistakes[0]) if mistakes else Declared(found.all)


@dataclass(slots=True)
class _TreeFiles:
    """The files of a tree, read from git one by one: few of them are."""

    mirror: Mirror
    tree_sha: str
    sizes: dict[PurePosixPath, int]
    _read: dict[PurePosixPath, bytes] = field(default_factory=dict)

    def paths(self) -> Iterable[PurePosixPath]:
        return sorted(self.sizes)

    def size(self, path: PurePosixPath) -> int:
        if path not in self.sizes:
            raise no_such_file(path)
        return self.sizes[path]

    def read_bytes(self, path: PurePosixPath) -> bytes:
        if self.size(path) > _LARGEST:
            raise no_such_file(path)
        if path not in self._read:
            self._read[path] = self.mirror.content(self.tree_sha, str(path))
        return self._read[path]
