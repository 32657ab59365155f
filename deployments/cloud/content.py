"""A stored bundle, with its content at hand: a pack is fetched when the first of its files is asked for."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from threading import Lock
from typing import Final

from builds.bundle import BundleFile, Manifest
from builds.models import Blob, Bundle
from builds.storage import object_store
from builds.upload import BlobPlace
from clients.object_store import ObjectStore
from core.errors import PlatformError

_PACKS_HELD: Final = 4


@dataclass(slots=True)
class StoredBundle:
    """A BundleContent. It asks the store only, so that an adapter's threads may share it."""

    manifest: Manifest
    _places: Mapping[str, BlobPlace]
    _store: ObjectStore
    _packs: OrderedDict[str, bytes] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    @classmethod
    def of(cls, bundle: Bundle) -> StoredBundle:
        """Raises PlatformError where the store no longer holds what was put there."""
        store = object_store()
        content = store.get(bundle.manifest_key)
        if sha256(content).hexdigest() != bundle.digest:
            raise _corrupt(bundle.manifest_key)
        manifest = Manifest.from_json(content)
        rows = Blob.objects.for_team(bundle.team).filter(sha256__in={file.sha256 for file in manifest.files})
        places = rows.values_list("sha256", "object_key", "offset", "size")
        return cls(manifest, {digest: BlobPlace(key, offset, size) for digest, key, offset, size in places}, store)

    def content(self, file: BundleFile) -> bytes:
        place = self._places.get(file.sha256)
        if place is None:
            raise _corrupt(file.path)
        content = self._pack(place.object_key)[place.offset : place.offset + place.size]
        if sha256(content).hexdigest() != file.sha256:
            raise _corrupt(file.path)
        return content

    def _pack(self, key: str) -> bytes:
        with self._lock:
            if key not in self._packs:
                self._packs[key] = self._store.get(key)
                while len(self._packs) > _PACKS_HELD:
                    self._packs.popitem(last=False)
            self._packs.move_to_end(key)
            return self._packs[key]


def _corrupt(name: str) -> PlatformError:
    return PlatformError(
        "bundle_corrupt",
        f"What the object store holds of {name} is not what was stored.",
        "Redeploy the commit; if it stays, check the store.",
    )
