"""A user of its own for each sandbox, where the platform may choose users, which root alone may."""

from __future__ import annotations

import fcntl
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from builds.sandbox.contract import Specification
from core.errors import PlatformError

#: Users that neither Debian nor systemd gives to anybody.
_PASSING: Final = range(60_600, 60_700)
_STAYING: Final = range(60_700, 61_100)


@dataclass(frozen=True, slots=True)
class Slot:
    """`lock` is held by whoever has the descriptor open: the sandbox's own first process. Who stays needs none."""

    uid: int
    lock: int | None = None


def take(folder: Path, specification: Specification) -> Slot | None:
    """None where there is no choice. The caller closes its copy of the lock. Raises PlatformError."""
    if os.geteuid() != 0:
        return None
    folder.mkdir(mode=0o711, parents=True, exist_ok=True)
    if specification.keeps_user:
        return Slot(_kept(folder, specification.folder))
    for uid in _PASSING:
        lock = _locked(folder / f"{uid}.lock")
        if lock is not None:
            return Slot(uid, lock)
    raise _all_taken(len(_PASSING))


def _kept(folder: Path, owned: Path) -> int:
    """The owner of the folder, when it is one of ours; else one who owns no other."""
    owner = owned.stat().st_uid
    if owner in _STAYING:
        return owner
    with (folder / "users.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for uid in _STAYING:
            link = folder / f"{uid}.folder"
            if not _owns(uid, link):
                link.unlink(missing_ok=True)
                link.symlink_to(owned)
                os.chown(owned, uid, uid)
                return uid
    raise _all_taken(len(_STAYING))


def _owns(uid: int, link: Path) -> bool:
    try:
        return link.stat().st_uid == uid
    except OSError:
        return False


def _all_taken(count: int) -> PlatformError:
    return PlatformError(
        "sandboxes_all_taken", f"All {count} users of this machine's sandboxes are in use.", "Use another machine too."
    )


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
