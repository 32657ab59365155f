"""Reading a backup back, into an installation that holds nothing yet."""

from __future__ import annotations

import json
import tarfile
import tempfile
from pathlib import Path, PurePosixPath
from typing import Any

from django.conf import settings
from django.db import connection

from builds.storage import object_store
from core.errors import UserError
from dexto_cloud.backup.archive import ABOUT, DUMP, FOLDERS, OBJECTS, VERSION
from dexto_cloud.backup.postgres_programs import Database


def restore(source: Path) -> dict[str, Any]:
    """Objects and files first, the database last: until then nothing refers to them. Raises UserError."""
    _check_empty()
    with tarfile.open(source, mode="r:") as tar:
        about = about_of(tar)
        _restore_objects(tar)
        restore_files(tar, Path(settings.DATA_DIR), FOLDERS)
        _restore_database(tar)
    return about


def about_of(tar: tarfile.TarFile) -> dict[str, Any]:
    """Raises UserError for what is no backup, or one of a newer version."""
    first = tar.next()
    content = tar.extractfile(first) if first is not None and first.name == ABOUT else None
    about: dict[str, Any] = json.load(content) if content else {}
    if about.get("version") != VERSION:
        raise UserError(
            "backup_unreadable", "This is no backup that this version can read.", "Use the version that wrote it."
        )
    return about


def restore_files(tar: tarfile.TarFile, data: Path, wanted: tuple[str, ...]) -> None:
    """The files and folders of the data directory that are named, and nothing else."""
    for member in tar:
        path = PurePosixPath(member.name)
        if path.parts[0] == "data" and len(path.parts) > 1 and path.parts[1] in wanted:
            member.name = str(PurePosixPath(*path.parts[1:]))
            tar.extract(member, data, filter="data")


def _check_empty() -> None:
    if connection.introspection.table_names():
        raise UserError(
            "restore_not_empty",
            "The database holds tables already.",
            "Restore into an empty data directory, or into an empty database.",
        )


def _restore_objects(tar: tarfile.TarFile) -> None:
    store = object_store()
    store.ensure_bucket()
    for member in tar:
        content = tar.extractfile(member) if member.name.startswith(OBJECTS) else None
        if content is not None:
            store.put(member.name.removeprefix(OBJECTS), content.read())


def _restore_database(tar: tarfile.TarFile) -> None:
    with tempfile.TemporaryDirectory(prefix="restore-") as folder:
        tar.extract(DUMP, folder, filter="data")
        Database.of_settings().restore(Path(folder) / DUMP)
