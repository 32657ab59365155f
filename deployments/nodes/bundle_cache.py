"""Bundles on a node's disk: fetched by digest, verified, then kept."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from itertools import groupby
from pathlib import Path, PurePosixPath
from typing import Final

from builds.bundle import BundleFile, Manifest
from builds.upload import BlobPlace
from clients.object_store import ObjectStore
from core.errors import PlatformError

_DOWNLOADS: Final = 4


@dataclass(frozen=True, slots=True)
class Wish:
    """A bundle that is wanted here, and where the store has its content."""

    digest: str
    manifest_key: str
    places: Mapping[str, BlobPlace]


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
        manifest = self._manifest(wish)
        scratch = Path(tempfile.mkdtemp(prefix=".fetch-", dir=self.folder))
        try:
            self._write_all(manifest.files, wish.places, scratch)
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

    def _manifest(self, wish: Wish) -> Manifest:
        content = self.store.get(wish.manifest_key)
        if sha256(content).hexdigest() != wish.digest:
            raise corrupt(wish.manifest_key)
        return Manifest.from_json(content)

    def _write_all(self, files: Iterable[BundleFile], places: Mapping[str, BlobPlace], folder: Path) -> None:
        def object_of(file: BundleFile) -> str:
            if file.sha256 not in places:
                raise corrupt(file.path)
            return places[file.sha256].object_key

        by_object = groupby(sorted(files, key=object_of), key=object_of)
        jobs = [(key, list(group)) for key, group in by_object]
        for path in sorted({str(_safe(file.path).parent) for file in files}):
            (folder / path).mkdir(parents=True, exist_ok=True)
        with ThreadPoolExecutor(_DOWNLOADS, "download") as pool:
            list(pool.map(lambda job: self._write(job[0], job[1], places, folder), jobs))

    def _write(self, key: str, files: list[BundleFile], places: Mapping[str, BlobPlace], folder: Path) -> None:
        body = memoryview(self.store.get(key))
        for file in files:
            place = places[file.sha256]
            content = body[place.offset : place.offset + place.size]
            if sha256(content).hexdigest() != file.sha256:
                raise corrupt(file.path)
            target = folder / _safe(file.path)
            with target.open("xb") as opened:
                opened.write(content)
            if file.mode != 0o644:
                target.chmod(file.mode & 0o755)


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
