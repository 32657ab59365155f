"""Archives that vendors take: the same files give the same bytes, and a large part is compressed once for many."""

from __future__ import annotations

import io
import struct
import tarfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from deployments.platforms.cloud import BundleContent

_LEVEL: Final = 6
_HEADER: Final = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"


@dataclass(frozen=True, slots=True)
class TarFile:
    path: str
    content: bytes = field(repr=False)
    mode: int = 0o644


@dataclass(frozen=True, slots=True)
class Pressed:
    """The beginning of an archive, compressed up to a whole byte: another part can follow it in the same stream."""

    deflated: bytes = field(repr=False)
    size: int  # of what was compressed
    crc: int


NOTHING: Final = Pressed(b"", 0, 0)


def bundle_files(bundle: BundleContent, *, below: str = "", without: frozenset[str] = frozenset()) -> Iterator[TarFile]:
    for file in bundle.manifest.files:
        if file.path not in without:
            yield TarFile(f"{below}{file.path}", bundle.content(file), file.mode)


def tar(files: Iterable[TarFile]) -> bytes:
    """Entries without the end of an archive, which `gzipped` adds."""
    buffer = io.BytesIO()
    archive = tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT)  # noqa: SIM115  # its end is cut off
    for file in files:
        entry = tarfile.TarInfo(file.path)
        entry.size, entry.mode = len(file.content), file.mode
        archive.addfile(entry, io.BytesIO(file.content))
    return buffer.getvalue()


def pressed(entries: bytes) -> Pressed:
    stream = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    return Pressed(stream.compress(entries) + stream.flush(zlib.Z_FULL_FLUSH), len(entries), zlib.crc32(entries))


def gzipped(entries: bytes, after: Pressed = NOTHING) -> bytes:
    """A tar.gz of what was pressed before and these."""
    whole = entries + bytes(2 * tarfile.BLOCKSIZE)
    stream = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    deflated = stream.compress(whole) + stream.flush()
    size = (after.size + len(whole)) & 0xFFFF_FFFF
    return b"".join([_HEADER, after.deflated, deflated, struct.pack("<II", zlib.crc32(whole, after.crc), size)])
