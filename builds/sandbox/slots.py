"""A user of its own for each sandbox, where the platform may choose users, which root alone may."""

from __future__ import annotations

import fcntl
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from core.errors import PlatformError

#: Users that neither Debian nor systemd gives to anybody.
_FIRST_UID: Final = 60_600
_COUNT: Final = 500


@dataclass(frozen=True, slots=True)
class Slot:
    """`lock` is held by whoever has the descriptor open: the sandbox's own first process."""

    uid: int
    lock: int


def take(folder: Path, *, preferred: int | None = None) -> Slot | None:
    """None where there is no choice. The caller closes its copy of the lock. Raises PlatformError."""
    if os.geteuid() != 0:
        return None
    folder.mkdir(mode=0o711, parents=True, exist_ok=True)
    uids = range(_FIRST_UID, _FIRST_UID + _COUNT)
    for uid in (preferred, *uids) if preferred in uids else uids:
        assert uid is not None  # noqa: S101  # it is in the range
        lock = _locked(folder / f"{uid}.lock")
        if lock is not None:
            return Slot(uid, lock)
    raise PlatformError("sandboxes_all_taken", f"All {_COUNT} sandboxes of this machine are in use.", "Wait.")


def give(folder: Path, uid: int) -> None:
    """The folder and what is in it, to one user. No link is followed."""
    _own(folder, uid, None)
    for _path, folders, files, descriptor in os.fwalk(folder, follow_symlinks=False):
        for name in (*folders, *files):
            _own(name, uid, descriptor)


def _own(name: str | Path, uid: int, descriptor: int | None) -> None:
    found = os.stat(name, dir_fd=descriptor, follow_symlinks=False)
    if found.st_uid != uid or found.st_gid != uid:
        os.chown(name, uid, uid, dir_fd=descriptor, follow_symlinks=False)


def _locked(path: Path) -> int | None:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor
