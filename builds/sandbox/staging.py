"""Folders that only root can reach, brought to where a sandbox's own user can bind them.

bubblewrap runs as that user, who cannot walk through a private home or a build's private folder. Root puts each of them
at a place of its own, in a mount namespace that nobody else sees and that ends with the sandbox.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from builds.sandbox.contract import Specification
from builds.sandbox.slots import Slot

#: The sources come as arguments: first how many, then each of them, then the command.
_SCRIPT: Final = """
set -e
stage=$1 count=$2; shift 2
mount -t tmpfs -o mode=0755,size=1m stage "$stage"
index=0
while [ "$index" -lt "$count" ]; do
  if [ -d "$1" ]; then mkdir "$stage/$index"; else : > "$stage/$index"; fi
  mount --bind -- "$1" "$stage/$index"
  index=$((index + 1)); shift
done
exec env -i "$@"
"""


#: Where the data directory itself is private: nobody but root can put anything there.
_OF_ROOT: Final = Path("/run/dexto-stage")


@dataclass(frozen=True, slots=True)
class Stage:
    """`places` says where each source is to be found inside of the namespace."""

    folder: Path
    uid: int | None
    places: Mapping[Path, Path]

    def place(self, path: Path) -> Path:
        return self.places.get(path, path)

    def argv(self, command: list[str]) -> list[str]:
        """The command as its user's, with the places in sight."""
        as_user = [*as_user_argv(self.uid), *command]
        if not self.places:
            return as_user
        return [
            *("unshare", "--mount", "--propagation", "private", "--"),
            *("sh", "-c", _SCRIPT, "stage", str(self.folder), str(len(self.places)), *map(str, self.places)),
            *as_user,
        ]


def as_user_argv(uid: int | None) -> list[str]:
    """By a program of its own: who is asked to change the user while it forks has to copy itself first."""
    if uid is None:
        return []
    return ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", "--no-new-privs", "--"]


def stage(base: Path, specification: Specification, slot: Slot | None) -> Stage:
    if slot is None:
        return Stage(base, None, {})
    folder = base / "stage" if can_be_reached(base / "stage") else _OF_ROOT
    folder.mkdir(mode=0o711, exist_ok=True)
    proxy = [specification.proxy.parent] if specification.proxy else []
    sources = (specification.folder, *specification.writable, *specification.readable, *proxy)
    hidden = [path for path in dict.fromkeys(sources) if not can_be_reached(path)]
    return Stage(folder, slot.uid, {path: folder / str(index) for index, path in enumerate(hidden)})


def can_be_reached(path: Path) -> bool:
    """By anybody: each folder above it can be walked through."""
    return all(parent.stat().st_mode & 0o001 for parent in path.parents)
