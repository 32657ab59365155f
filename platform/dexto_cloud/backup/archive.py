"""Making a backup, while everything runs.

The database is dumped as of one snapshot, and the objects copied are those that the same snapshot names. Objects
never change, and a sweep leaves them alone for longer than a backup takes, so that both fit together.
"""

from __future__ import annotations

import io
import json
import os
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import connection, transaction

from builds.models import Blob, Bundle, BundleArchive, LogStream
from builds.storage import object_store
from dexto_cloud.backup.postgres_programs import Database

VERSION: Final = 1
ABOUT: Final = "about.json"
DUMP: Final = "database.dump"
OBJECTS: Final = "objects/"
#: Of the data directory: what no database and no store holds.
FOLDERS: Final = ("origin", "state")
#: Of an embedded installation: without its keys nobody could read what is encrypted, without its ports no URL holds.
FILES: Final = ("secrets.json", "ports.json", "layout-version")
_SQLITE: Final = b"SQLite format 3\0"


def make(target: Path) -> dict[str, Any]:
    """Writes the archive, whole or not at all, readable by its owner only; returns what is in it."""
    scratch = target.with_name(f"{target.name}.part")
    descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as opened, tarfile.open(fileobj=opened, mode="w") as tar:
            about = _fill(tar)
        scratch.replace(target)
    finally:
        scratch.unlink(missing_ok=True)
    return about


def _fill(tar: tarfile.TarFile) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="backup-") as folder:
        dump = Path(folder) / DUMP
        keys = _dumped(dump)
        about = {"version": VERSION, "made_at": datetime.now(UTC).isoformat(), "objects": len(keys)}
        _add_bytes(tar, ABOUT, json.dumps(about).encode())
        tar.add(dump, DUMP)
        for key in keys:
            _add_bytes(tar, f"{OBJECTS}{key}", object_store().get(key))
        for name, path in _files(Path(settings.DATA_DIR), Path(folder)):
            tar.add(path, f"data/{name}", recursive=False)
    return about


def _dumped(dump: Path) -> list[str]:
    """The keys of the objects that the dump names."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        Database.of_settings().dump(dump, str(cursor.fetchone()[0]))
        blobs = Blob.objects.values_list("object_key", flat=True)
        manifests = Bundle.objects.values_list("manifest_key", flat=True)
        archives = BundleArchive.objects.values_list("object_key", flat=True)
        logs = LogStream.objects.exclude(object_key="").values_list("object_key", flat=True)
        return sorted({*blobs, *manifests, *archives, *logs})


def _files(data: Path, scratch: Path) -> Iterator[tuple[str, Path]]:
    yield from ((name, data / name) for name in FILES if (data / name).exists())
    for folder in FOLDERS:
        for path in sorted((data / folder).rglob("*")):
            name = path.relative_to(data).as_posix()
            if path.is_file() and not path.is_symlink() and _is_database(path):
                yield name, _copied_database(path, scratch / "copy.db")
            elif (path.is_file() or path.is_dir()) and not path.name.endswith(("-wal", "-shm")):
                yield name, path


def _is_database(path: Path) -> bool:
    with path.open("rb") as opened:
        return opened.read(len(_SQLITE)) == _SQLITE


def _copied_database(path: Path, copy: Path) -> Path:
    """An agent may be writing to it: SQLite's own backup gives a whole one."""
    copy.unlink(missing_ok=True)
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    return copy


def _add_bytes(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    about = tarfile.TarInfo(name)
    about.size, about.mode = len(content), 0o600
    tar.addfile(about, io.BytesIO(content))
