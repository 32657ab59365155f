"""A slug: the bundle and its own Node below ./app, which no buildpack looks at.

Node is by far the largest part, and the same in all slugs: it is compressed once and kept, by its content.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Final
from zlib import crc32

from builds.node_program import node_program
from core.errors import PlatformError, UserError
from deployments.platforms.cloud import BundleContent
from deployments.platforms.tarball import Pressed, TarFile, bundle_files, gzipped, pressed, tar

MAX_BYTES: Final = 500_000_000
_OWN: Final = "./app/.dexto"
_CHECK: Final = Path(__file__).with_name("heroku_check.mjs")
_RUN: Final = 'env PATH="$HOME/.dexto/bin:$PATH" node'
_ELF_X64: Final = (b"\x7fELF\x02", b"\x3e\x00")


@dataclass(frozen=True, slots=True)
class SlugNode:
    """The Node that goes into slugs. `cache` is a folder for what was compressed."""

    program: Path
    cache: Path

    def pressed(self) -> Pressed:
        key = _digest(self.program, self.program.stat().st_mtime_ns)
        place = self.cache / f"node-{key}.deflate"
        size, crc = _whole(self.program, key)
        if not place.is_file():
            self.cache.mkdir(parents=True, exist_ok=True)
            _write(place, pressed(_entry(self.program)).deflated)
        return Pressed(place.read_bytes(), size, crc)


@dataclass(frozen=True, slots=True)
class PackedSlug:
    content: bytes = field(repr=False)
    sha256: str


def packed(bundle: BundleContent, node: SlugNode) -> PackedSlug:
    """Raises UserError where it is larger than Heroku takes."""
    check = TarFile(f"{_OWN}/check.mjs", _CHECK.read_bytes())
    content = gzipped(tar([check, *bundle_files(bundle, below="./app/")]), node.pressed())
    if len(content) > MAX_BYTES:
        raise UserError(
            "bundle_over_limit",
            f"The slug has {len(content):,} bytes; Heroku takes {MAX_BYTES:,}.",
            "Do without a large package.",
        )
    return PackedSlug(content, sha256(content).hexdigest())


def processes(health_seconds: int) -> Mapping[str, str]:
    """`release` runs before the dynos of `web` take the traffic, and keeps them from it where it fails."""
    return {
        "web": f"{_RUN} --optimize-for-size index.mjs",
        "release": f"{_RUN} .dexto/check.mjs {health_seconds}",
    }


def own_node() -> SlugNode:
    """This machine's. Raises PlatformError where it is not one for Linux on x64."""
    program = node_program()
    with program.open("rb") as file:
        head = file.read(20)
    if not head.startswith(_ELF_X64[0]) or head[18:20] != _ELF_X64[1]:
        raise PlatformError(
            "node_missing",
            "A slug carries a Node for Linux on x64, and this machine's is another one.",
            "Deploy to Heroku from a worker on Linux x64.",
        )
    base = os.environ.get("XDG_CACHE_HOME") or f"{os.environ.get('HOME') or tempfile.gettempdir()}/.cache"
    return SlugNode(program, Path(base) / "dexto-cloud" / "slugs")


@lru_cache(maxsize=4)
def _digest(program: Path, _changed: int) -> str:
    return sha256(program.read_bytes()).hexdigest()[:32]


@lru_cache(maxsize=4)
def _whole(program: Path, _key: str) -> tuple[int, int]:
    """Size and checksum of the part of an archive that holds it."""
    entry = _entry(program)
    return len(entry), crc32(entry)


def _entry(program: Path) -> bytes:
    return tar([TarFile(f"{_OWN}/bin/node", program.read_bytes(), 0o755)])


def _write(place: Path, content: bytes) -> None:
    """Whole, or not at all: several workers may do it at once."""
    with tempfile.NamedTemporaryFile(dir=place.parent, delete=False) as file:
        file.write(content)
    Path(file.name).replace(place)
