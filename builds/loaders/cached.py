"""A cache by digest: what is pinned is not asked for again."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from threading import Lock
from typing import Protocol

from core.resources import NamedSource, Resource, ResourceLoader, digest_of


class ContentCache(Protocol):
    """Contents by their digests. Scoped to a team by whoever makes it."""

    def get(self, digest: str) -> bytes | None: ...

    def put(self, digest: str, content: bytes) -> None: ...


@dataclass(slots=True)
class MemoryContentCache:
    """A cache that lives as long as its process."""

    contents: dict[str, bytes] = field(default_factory=dict)

    def get(self, digest: str) -> bytes | None:
        return self.contents.get(digest)

    def put(self, digest: str, content: bytes) -> None:
        self.contents[digest] = content


@dataclass(slots=True)
class CachedLoader:
    """Loads what is pinned to a digest from the cache, and everything else once in its life.

    A digest names its content for ever, so a pinned resource is not asked for again; what is not pinned may
    have changed, so it is.
    """

    loader: ResourceLoader
    cache: ContentCache
    pinned: Mapping[str, str] = field(default_factory=dict)
    _loaded: dict[str, Resource] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def supports(self, uri: str, source: NamedSource) -> bool:
        return self.loader.supports(uri, source)

    def load(self, uri: str, source: NamedSource) -> Resource:
        key = pin_key(uri, source)
        found = self._loaded.get(key) or self._from_cache(uri, self.pinned.get(key))
        if found is None:
            found = self.loader.load(uri, source)
            self.cache.put(found.digest, found.content)
        with self._lock:
            return self._loaded.setdefault(key, found)

    @property
    def pins(self) -> dict[str, str]:
        """What was loaded, as digests: given back as `pinned`, a later build uses the very same contents."""
        with self._lock:
            return {key: resource.digest for key, resource in sorted(self._loaded.items())}

    def _from_cache(self, uri: str, digest: str | None) -> Resource | None:
        content = self.cache.get(digest) if digest else None
        # A cache is a place like any other: what it gives is what was asked for, or it is nothing.
        if content is None or digest is None or digest_of(content) != digest:
            return None
        return Resource(uri, content, digest)


def pin_key(uri: str, source: NamedSource) -> str:
    """Names a resource of a source as it is configured. Values of variables are not in it."""
    configured = sha256(source.config.model_dump_json(by_alias=True).encode()).hexdigest()[:16]
    return f"{source.name}:{configured}:{uri}"
