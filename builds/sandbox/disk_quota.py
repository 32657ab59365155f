"""How much a program has written to folders of a disk that it shares with others."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from builds.sandbox.process_tree import deleted_bytes

#: An empty file takes an inode, and a disk can run out of those too.
_ENTRY_BYTES: Final = 4096
#: Looking through a large folder takes its time: at most this share of it is spent on looking.
_SHARE: Final = 10
_SLOWEST_SECONDS: Final = 2.0


@dataclass(slots=True)
class DiskQuota:
    """Looks through the folders when the disk has lost space since the last look, and now and then anyway."""

    folders: Sequence[Path]
    quota_bytes: int
    file_bytes: int
    counts_all: bool = False  # what was there before counts too
    _before: int = field(init=False)
    _written: int = 0
    _free: int = field(init=False)
    _next_look: float = 0.0
    largest: int = 0

    def __post_init__(self) -> None:
        self._before = 0 if self.counts_all else sum(size for size, _length in self._sizes())
        self._free = self._free_bytes()

    def exceeded(self, pids: Iterable[int], *, now: bool = False) -> bool:
        """`now` looks in any case: at the end, what was written last counts too."""
        if now or self._is_due():
            self._look(pids)
        return self._written > self.quota_bytes

    @property
    def has_full_file(self) -> bool:
        """The kernel lets no file grow past the limit: one that has reached it wanted to be larger."""
        return self.largest >= self.file_bytes

    def _is_due(self) -> bool:
        lost = self._free - self._free_bytes()
        room = self.quota_bytes - self._written
        return lost > room / 2 or time.monotonic() > self._next_look

    def _look(self, pids: Iterable[int]) -> None:
        began = time.monotonic()
        self._free = self._free_bytes()
        used, self.largest = 0, 0
        for size, length in self._sizes():
            used += size
            self.largest = max(self.largest, length)
        device = self.folders[0].stat().st_dev
        held = sum(deleted_bytes(pid, device) for pid in pids)
        self._written = used + held - self._before
        took = time.monotonic() - began
        self._next_look = began + took + min(max(took * _SHARE, 0.1), _SLOWEST_SECONDS)

    def _free_bytes(self) -> int:
        found = os.statvfs(self.folders[0])
        return found.f_bavail * found.f_frsize

    def _sizes(self) -> Iterator[tuple[int, int]]:
        """Of each entry: what it takes of the disk, and its length. No link is followed."""
        for folder in self.folders:
            for _path, _folders, files, descriptor in os.fwalk(folder, onerror=None, follow_symlinks=False):
                yield _ENTRY_BYTES, 0
                for name in files:
                    try:
                        found = os.stat(name, dir_fd=descriptor, follow_symlinks=False)
                    except OSError:
                        continue  # it was removed meanwhile
                    yield found.st_blocks * 512 + _ENTRY_BYTES, found.st_size if stat.S_ISREG(found.st_mode) else 0
