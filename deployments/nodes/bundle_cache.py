"""Bundles on a node's disk: fetched by digest, verified, then kept."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import groupby
from pathlib import Path, PurePosixPath
from typing import Final

from builds.bundle import BundleFile, Manifest
from builds.upload import BlobPlace
from clients.object_store import ObjectStore
from core.errors import PlatformError

_DOWNLOADS: Final = 4
_MANIFEST: Final = ".manifest.json"  # beside the bundle's own files, which are in folders or known by their names


@dataclass(frozen=True, slots=True)
class Wish:
    """A bundle that is wanted here. `places` says where the store has contents; `earlier` is a bundle that this node
    may have, and that is probably much the same."""

    digest: str
    manifest_key: str
    places: Callable[[Collection[str]], Mapping[str, BlobPlace]] = field(repr=False)
    earlier: str = ""


@dataclass(frozen=True, slots=True)
class BundleCache:
    folder: Path
    store: ObjectStore
    min_free_bytes: int

    def has(self, digest: str) -> bool:
        return self.path(digest).is_dir()

    def path(self, digest: str) -> Path:
        return self.folder / digest

    def fetch(self, wish: Wish) -> Path:
        """The bundle's folder. It is there whole or not at all. Raises PlatformError."""
        target = self.path(wish.digest)
        if target.is_dir():
            target.touch()  # in use: a sweep leaves it alone
            return target
        self._check_disk()
        content = self.store.get(wish.manifest_key)
        if sha256(content).hexdigest() != wish.digest:
            raise corrupt(wish.manifest_key)
        scratch = Path(tempfile.mkdtemp(prefix=".fetch-", dir=self.folder))
        try:
            self._write_all(Manifest.from_json(content), wish, scratch)
            (scratch / _MANIFEST).write_bytes(content)
            scratch.chmod(0o755)
            _put_in_place(scratch, target)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
        return target

    def _check_disk(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        if shutil.disk_usage(self.folder).free < self.min_free_bytes:
            raise PlatformError(
                "disk_full", "The agents' disk is full.", "Free some space; the deployment goes on by itself."
            )

    def _write_all(self, manifest: Manifest, wish: Wish, folder: Path) -> None:
        for path in sorted({str(_safe(file.path).parent) for file in manifest.files}):
            (folder / path).mkdir(parents=True, exist_ok=True)
        with ThreadPoolExecutor(_DOWNLOADS, "download") as pool:
            missing = self._linked(manifest, wish.earlier, folder, pool)
            places = wish.places({file.sha256 for file in missing})

            def object_of(file: BundleFile) -> str:
                if file.sha256 not in places:
                    raise corrupt(file.path)
                return places[file.sha256].object_key

            by_object = groupby(sorted(missing, key=object_of), key=object_of)
            jobs = [(key, list(group)) for key, group in by_object]
            list(pool.map(lambda job: self._download(job[0], job[1], places, folder), jobs))

    def _linked(self, manifest: Manifest, earlier: str, folder: Path, pool: Executor) -> list[BundleFile]:
        """Most files of a push are those of the push before it: they are the same ones on the disk, which is spared
        their bytes. Returns the others."""
        here = self._contents(earlier)
        size = len(manifest.files) // _DOWNLOADS + 1
        parts = [manifest.files[first : first + size] for first in range(0, len(manifest.files), size)]

        def missing(part: Sequence[BundleFile]) -> list[BundleFile]:
            return [file for file in part if not _link(here.get((file.sha256, file.mode)), file, folder)]

        return [file for part in pool.map(missing, parts) for file in part]

    def _contents(self, digest: str) -> dict[tuple[str, int], str]:
        """The files of a bundle that is here, by digest and mode."""
        there = self.path(digest)
        kept = there / _MANIFEST
        if not digest or not kept.exists():
            return {}
        files = Manifest.from_json(kept.read_bytes()).files
        return {(file.sha256, file.mode): f"{there}/{_safe(file.path)}" for file in files}

    def _download(self, key: str, files: list[BundleFile], places: Mapping[str, BlobPlace], folder: Path) -> None:
        body = memoryview(self.store.get(key))
        for file in files:
            place = places[file.sha256]
            _write(body[place.offset : place.offset + place.size], file, folder)


def _link(source: str | None, file: BundleFile, folder: Path) -> bool:
    """False where there is no such file, or where it is no longer what it was."""
    if source is None:
        return False
    try:
        with open(source, "rb") as opened:  # noqa: PTH123  # thousands of times: a Path costs more than the rest
            if sha256(opened.read()).hexdigest() != file.sha256:
                return False
        os.link(source, f"{folder}/{_safe(file.path)}")
    except OSError:
        return False
    return True


def _write(content: memoryview, file: BundleFile, folder: Path) -> None:
    """Read-only: bundles share their files. Raises PlatformError where it is not what was stored."""
    if sha256(content).hexdigest() != file.sha256:
        raise corrupt(file.path)
    descriptor = os.open(f"{folder}/{_safe(file.path)}", os.O_WRONLY | os.O_CREAT | os.O_EXCL, file.mode & 0o555)
    with open(descriptor, "wb") as opened:  # noqa: PTH123
        opened.write(content)


def corrupt(name: str) -> PlatformError:
    return PlatformError(
        "bundle_corrupt",
        f"What the object store holds of {name} is not what was stored.",
        "Redeploy the commit; if it stays, check the store.",
    )


def _safe(path: str) -> PurePosixPath:
    """A manifest comes from outside of this process: its names stay below the bundle."""
    pure = PurePosixPath(path)
    if pure.is_absolute() or ".." in pure.parts or not pure.parts:
        raise corrupt(path)
    return pure


def _put_in_place(scratch: Path, target: Path) -> None:
    try:
        os.rename(scratch, target)  # noqa: PTH104  # fails where somebody else was first, as it should
    except OSError:
        if not target.is_dir():
            raise
