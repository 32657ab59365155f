"""Stores a bundle: only the content that the team's store does not have yet, small files packed together.

A request for each small file would cost more than the bytes; a pack is one object, and each file a piece of it.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Protocol

from builds.bundle import BundleFile, MadeBundle
from builds.runner.progress import Progress
from clients.object_store import ObjectStore

PACK_BYTES: Final = 8 * 1024 * 1024
_UPLOADS: Final = 4


@dataclass(frozen=True, slots=True)
class BlobPlace:
    """Where a content lies: `size` bytes from `offset` of an object."""

    object_key: str
    offset: int
    size: int


class BlobIndex(Protocol):
    """What the team's store holds. Persistence is injected: the runner knows no database."""

    def known(self, digests: Iterable[str]) -> set[str]: ...

    def add(self, places: Mapping[str, BlobPlace]) -> None: ...


@dataclass(frozen=True, slots=True)
class Pack:
    files: tuple[BundleFile, ...]

    @property
    def size(self) -> int:
        return sum(file.size for file in self.files)


def manifest_key(scope: str, digest: str) -> str:
    return f"bundles/{scope}/{_own(digest)}.json"


def _own(digest: str) -> str:
    """No two uploads share a key, so that what a sweep removes can never be what a build just wrote."""
    return f"{digest}-{secrets.token_hex(4)}"


def store(made: MadeBundle, store: ObjectStore, index: BlobIndex, *, scope: str, progress: Progress) -> str:
    """Uploads what is missing, the manifest last; returns the manifest's key. `scope` keeps teams apart."""
    unique = {file.sha256: file for file in made.manifest.files}
    known = index.known(unique)
    packs = list(packed(file for digest, file in unique.items() if digest not in known))
    objects = "1 object" if len(packs) == 1 else f"{len(packs)} objects"
    progress.line(f"{len(unique) - len(known)} of {len(unique)} files are new, in {objects}.")
    with ThreadPoolExecutor(_UPLOADS, "upload") as pool:
        for places in pool.map(lambda pack: _put(pack, made, store, scope), packs):
            progress.check()
            index.add(places)
    key = manifest_key(scope, made.manifest.digest)
    store.put(key, made.manifest.to_json(), content_type="application/json")
    return key


def packed(files: Iterable[BundleFile]) -> Iterator[Pack]:
    """In the given order; no pack is larger than PACK_BYTES unless one file alone is."""
    group: list[BundleFile] = []
    size = 0
    for file in files:
        if group and size + file.size > PACK_BYTES:
            yield Pack(tuple(group))
            group, size = [], 0
        group.append(file)
        size += file.size
    if group:
        yield Pack(tuple(group))


def _put(pack: Pack, made: MadeBundle, store: ObjectStore, scope: str) -> dict[str, BlobPlace]:
    contents = [made.content(file) for file in pack.files]
    body = b"".join(contents)
    key = f"blobs/{scope}/{_own(sha256(body).hexdigest())}"
    store.put(key, body)
    places, offset = {}, 0
    for file, content in zip(pack.files, contents, strict=True):
        places[file.sha256] = BlobPlace(key, offset, len(content))
        offset += len(content)
    return places
