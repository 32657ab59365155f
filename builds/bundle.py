"""The neutral noun between bundler and platform: what a build made, naming no bucket and holding no value."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

from core.findings import Finding
from core.targets import Target


@dataclass(frozen=True, slots=True)
class BundleFile:
    """One file. `mode` is its permission bits; `size` is bytes."""

    path: str
    sha256: str
    size: int
    mode: int = 0o644


@dataclass(frozen=True, slots=True)
class Manifest:
    """Everything that a platform needs to know of a bundle. The same input gives the same bytes anywhere."""

    target: Target
    entry: str
    files: tuple[BundleFile, ...]
    required_variables: tuple[str, ...] = ()
    provenance: tuple[Mapping[str, str], ...] = ()  # from, to, sha256 of each resource
    storage: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # by agent: purpose → kind of store

    @property
    def size(self) -> int:
        return sum(file.size for file in self.files)

    def as_dict(self) -> dict[str, Any]:
        return {
            "version": 1,
            "target": self.target.value,
            "entry": self.entry,
            "files": [[file.path, file.sha256, file.size, file.mode] for file in self.files],
            "required_variables": list(self.required_variables),
            "provenance": [dict(one) for one in self.provenance],
            "storage": {agent: dict(kinds) for agent, kinds in self.storage.items()},
        }

    def to_json(self) -> bytes:
        return json.dumps(self.as_dict(), separators=(",", ":"), sort_keys=True).encode()

    @property
    def digest(self) -> str:
        return sha256(self.to_json()).hexdigest()

    @classmethod
    def from_json(cls, content: bytes) -> Self:
        parsed: dict[str, Any] = json.loads(content)
        return cls(
            Target(parsed["target"]),
            parsed["entry"],
            tuple(BundleFile(*entry) for entry in parsed["files"]),
            tuple(parsed["required_variables"]),
            tuple(parsed["provenance"]),
            parsed.get("storage", {}),
        )


@dataclass(frozen=True, slots=True)
class MadeBundle:
    """A manifest with its content at hand, before it is stored: where each file lies on this machine."""

    manifest: Manifest
    places: Mapping[str, Path] = field(repr=False)
    findings: tuple[Finding, ...] = ()  # what bundling had to say, beyond the check

    def content(self, file: BundleFile) -> bytes:
        return self.places[file.path].read_bytes()


def describe(places: Mapping[str, Path]) -> Iterator[BundleFile]:
    """Each file by its path in the bundle, in order."""
    for path in sorted(places):
        real = places[path]
        content = real.read_bytes()
        executable = real.stat().st_mode & 0o100
        yield BundleFile(path, sha256(content).hexdigest(), len(content), 0o755 if executable else 0o644)
