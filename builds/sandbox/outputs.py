"""What a program has left in its folder, taken without trusting a name of it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from core.errors import ProjectError


def regular_files(folder: Path) -> dict[str, Path]:
    """Path below the folder → file. Raises ProjectError for whatever is no plain file or folder.

    A link could lead to a file of the platform, which would be read with the platform's rights and published; a hard
    link is another name of a file that may be somebody else's; a pipe would never end.
    """
    found: dict[str, Path] = {}
    for path, folders, files, descriptor in os.fwalk(folder, follow_symlinks=False):
        for name in (*folders, *files):
            place = Path(path) / name
            about = os.stat(name, dir_fd=descriptor, follow_symlinks=False)
            if stat.S_ISREG(about.st_mode) and about.st_nlink == 1:
                found[place.relative_to(folder).as_posix()] = place
            elif not stat.S_ISDIR(about.st_mode):
                raise _unsafe(place.relative_to(folder).as_posix(), about.st_mode)
    return found


def read(path: Path) -> bytes:
    """Never through a link, also when one was put there a moment ago."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as opened:
        return opened.read()


def _unsafe(name: str, mode: int) -> ProjectError:
    what = "a link" if stat.S_ISLNK(mode) or stat.S_ISREG(mode) else "no plain file"
    return ProjectError(
        "output_unsafe",
        f"The build left {name}, which is {what}.",
        "Let the build write plain files into its output folder.",
        file=name,
    )
