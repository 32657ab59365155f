"""A bundle as one file: what a vendor fetches. The same bundle gives the same bytes anywhere."""

from __future__ import annotations

import gzip
import io
import tarfile
from typing import Protocol

from builds.bundle import BundleFile, Manifest


class _Content(Protocol):
    @property
    def manifest(self) -> Manifest: ...

    def content(self, file: BundleFile) -> bytes: ...


def tar_gz(bundle: _Content) -> bytes:
    """The files alone, in order of their paths; no time, owner or machine is in it."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for file in sorted(bundle.manifest.files, key=lambda one: one.path):
            entry = tarfile.TarInfo(file.path)
            entry.size, entry.mode = file.size, file.mode
            archive.addfile(entry, io.BytesIO(bundle.content(file)))
    return _without_system(gzip.compress(out.getvalue(), 6, mtime=0))


def _without_system(content: bytes) -> bytes:
    """The tenth byte of gzip names the system that packed it, which newer versions of Python leave open."""
    return content[:9] + b"\xff" + content[10:]
