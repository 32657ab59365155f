"""pg_dump and pg_restore: the wheel's, else those on PATH. A password goes by the environment, never by argv."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings

from core.errors import PlatformError
from dexto_cloud.embedded.postgres import programs


@dataclass(frozen=True, slots=True)
class Database:
    """How libpq's programs reach the installation's database."""

    environment: Mapping[str, str] = field(repr=False)

    @classmethod
    def of_settings(cls) -> Database:
        found = settings.DATABASES["default"]
        named = {"PGDATABASE": "NAME", "PGUSER": "USER", "PGPASSWORD": "PASSWORD", "PGHOST": "HOST", "PGPORT": "PORT"}
        given = {name: str(found[key]) for name, key in named.items() if found.get(key)}
        return cls({"PATH": os.environ.get("PATH", os.defpath), **given})

    def dump(self, to: Path, snapshot: str) -> None:
        """As it was when the snapshot was exported. Raises PlatformError."""
        self._run("pg_dump", "--format=custom", "--no-owner", f"--snapshot={snapshot}", f"--file={to}")

    def restore(self, dump: Path) -> None:
        """Into an empty database, whole or not at all. Raises PlatformError."""
        name = self.environment["PGDATABASE"]
        self._run("pg_restore", "--single-transaction", "--no-owner", "--exit-on-error", f"--dbname={name}", str(dump))

    def _run(self, program: str, *arguments: str) -> None:
        argv = [_found(program), *arguments]
        done = subprocess.run(argv, env=dict(self.environment), capture_output=True, text=True, check=False)
        if done.returncode != 0:
            said = done.stderr.strip()[-300:]
            raise PlatformError("backup_failed", f"{program} failed: {said}", "Mend that, and start anew.")


def _found(program: str) -> str:
    of_wheel = programs() / program
    found = str(of_wheel) if of_wheel.exists() else shutil.which(program)
    if found is None:
        raise PlatformError("backup_failed", f"{program} is not installed.", "Install PostgreSQL's client programs.")
    return found
