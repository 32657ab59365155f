"""A folder that was sent as an archive becomes a commit of a hosted repository, and is told of like any push."""

from __future__ import annotations

import gzip
import subprocess
import tarfile
import time
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Final, cast

from core.errors import PlatformError, UserError
from origin import announcing, repositories
from origin.models import OriginRepository

_DROPPED: Final = (".dexto/database", ".dexto/logs", ".dexto/blobs")
_CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class SnapshotLimits:
    """Bytes of the unpacked content and of its largest file, and how many files."""

    project_bytes: int
    file_bytes: int
    files: int


@dataclass(frozen=True, slots=True)
class SnapshotFile:
    """`mode` is git's: 100644, 100755, or 120000 for a link, whose content is where it leads."""

    path: str
    mode: str
    content: bytes


def commit(origin: OriginRepository, files: Iterator[SnapshotFile], *, branch: str, message: str, author: str) -> str:
    """The new commit, which holds these files and nothing else. Raises UserError for what is in them."""
    path = Path(origin.path)
    process = subprocess.Popen(
        ["git", "--git-dir", str(path), "fast-import", "--quiet", "--date-format=raw", "--force"],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=repositories.environment(),
    )
    try:
        with process.stdin as stream:  # type: ignore[union-attr]  # it is a pipe
            has_parent = f"refs/heads/{branch}" in repositories.refs(path)
            _write_commit(stream, branch, message, author, has_parent=has_parent)
            for file in files:
                _write_file(stream, file)
            stream.write(b"done\n")
        said = process.stderr.read().decode("utf-8", "replace") if process.stderr else ""
        if process.wait() != 0:
            raise PlatformError("git_failed", f"git fast-import failed: {said.strip()[-300:]}", "Send it again.")
    except BaseException:
        process.kill()  # without its end nothing of the stream is kept
        process.wait()
        raise
    finally:
        if process.stderr:
            process.stderr.close()
    announcing.announce(origin, pusher=author)
    return repositories.refs(path)[f"refs/heads/{branch}"]


def unpacked(archive: IO[bytes], limits: SnapshotLimits, *, below: str) -> Iterator[SnapshotFile]:
    """The files of a gzipped tar that lie in the folder `below`. Raises UserError; every archive is hostile."""
    count = 0
    try:
        with gzip.open(archive) as plain, _tar(plain, limits.project_bytes) as tar:
            for member in tar:
                path = _path(member.name, below)
                if path is None or member.isdir():
                    continue
                count += 1
                if count > limits.files:
                    raise _too_large(f"more than {limits.files:,} files")
                if member.size > limits.file_bytes:
                    raise _too_large(f"a file of {member.size:,} bytes, {path}")
                yield _file(tar, member, path)
    except (tarfile.TarError, OSError, EOFError, zlib.error) as error:
        raise UserError(
            "snapshot_unreadable", "The snapshot is not a gzipped tar archive.", "Send it as `tar czf` makes it."
        ) from error


def _tar(plain: gzip.GzipFile, max_bytes: int) -> tarfile.TarFile:
    return tarfile.open(fileobj=cast(IO[bytes], _Bounded(plain, max_bytes)), mode="r|")


class _Bounded:
    """Reads no more than was agreed, whatever a small archive unpacks to."""

    def __init__(self, plain: gzip.GzipFile, max_bytes: int) -> None:
        self._plain = plain
        self._max = max_bytes
        self._left = max_bytes

    def read(self, size: int = -1) -> bytes:
        chunk = self._plain.read(min(size, _CHUNK) if size >= 0 else _CHUNK)
        self._left -= len(chunk)
        if self._left < 0:
            raise _too_large(f"more than {self._max:,} bytes")
        return chunk


def _path(name: str, below: str) -> str | None:
    """Where the file lies in the project; None for what does not belong to it."""
    parts = [part for part in PurePosixPath(name).parts if part != "."]
    if name.startswith("/") or ".." in parts or any(ord(character) < 32 for character in name):
        raise UserError(
            "snapshot_path", f"The snapshot names {name[:200]!r}, outside of it.", "Pack the project's folder only."
        )
    if not parts or parts[0] != below or len(parts) == 1:
        return None
    path = "/".join(parts[1:])
    is_dropped = any(path == folder or path.startswith(f"{folder}/") for folder in _DROPPED)
    return None if is_dropped or ".git" in (part.lower() for part in parts) else path


def _file(tar: tarfile.TarFile, member: tarfile.TarInfo, path: str) -> SnapshotFile:
    if member.issym():
        return SnapshotFile(path, "120000", member.linkname.encode("utf-8", "surrogateescape"))
    opened = tar.extractfile(member) if member.isreg() else None
    if opened is None:
        raise UserError("snapshot_path", f"{path} is no plain file.", "Leave devices, pipes and hard links out.")
    return SnapshotFile(path, "100755" if member.mode & 0o100 else "100644", opened.read())


def _write_commit(stream: IO[bytes], branch: str, message: str, author: str, *, has_parent: bool) -> None:
    ref, text = f"refs/heads/{branch}", message.encode()
    name = "".join(character for character in author if character.isprintable() and character not in "<>")
    stream.write(f"commit {ref}\ncommitter {name or 'dexto'} <> {int(time.time())} +0000\n".encode())
    stream.write(b"data %d\n%s\n" % (len(text), text))
    if has_parent:
        stream.write(f"from {ref}^0\n".encode())
    stream.write(b"deleteall\n")


def _write_file(stream: IO[bytes], file: SnapshotFile) -> None:
    quoted = file.path.replace("\\", "\\\\").replace('"', '\\"').encode("utf-8", "surrogateescape")
    with suppress(BrokenPipeError):  # its exit code says why
        stream.write(b'M %s inline "%s"\n' % (file.mode.encode(), quoted))
        stream.write(b"data %d\n" % len(file.content))
        stream.write(file.content)
        stream.write(b"\n")


def _too_large(what: str) -> UserError:
    return UserError("snapshot_too_large", f"The snapshot has {what}.", "Leave data and dependencies out of it.")
