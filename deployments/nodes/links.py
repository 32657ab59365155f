"""Links: hostname label → an agent's socket. A swap is one rename, so that each request finds one or the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(slots=True)
class Links:
    """The routes folder. Its one writer is this node; what it wrote it remembers."""

    folder: Path
    _known: dict[str, str] = field(default_factory=dict)

    def load(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._known = {entry.name: str(entry.readlink()) for entry in self.folder.iterdir() if entry.is_symlink()}

    def make_agree(self, wanted: Mapping[str, str]) -> None:
        for label in self._known.keys() - wanted.keys():
            self.remove(label)
        for label, socket in wanted.items():
            if self._known.get(label) != socket:
                self._link(label, socket)

    def remove(self, label: str) -> None:
        (self.folder / label).unlink(missing_ok=True)
        self._known.pop(label, None)

    def remove_to(self, socket: str) -> None:
        for label in [label for label, target in self._known.items() if target == socket]:
            self.remove(label)

    def _link(self, label: str, socket: str) -> None:
        scratch = self.folder / ".next"  # no hostname's label starts with a dot
        scratch.unlink(missing_ok=True)
        scratch.symlink_to(socket)
        scratch.replace(self.folder / label)
        self._known[label] = socket
