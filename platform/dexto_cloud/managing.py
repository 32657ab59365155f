"""manage.py, which `dexto-cloud` hands some of its commands to: it ends as that does."""

from __future__ import annotations

import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from django.db import OperationalError

from cli.exits import ended_by
from core.errors import DextoError, PlatformError, UserError


def main(argv: list[str]) -> None:
    try:
        execute_from_command_line(argv)
    except (DextoError, ImproperlyConfigured, OperationalError) as error:
        sys.exit(ended_by(_said(error), json="--json" in argv))


def _said(error: DextoError | ImproperlyConfigured | OperationalError) -> DextoError:
    """Raises the error itself where the database answered, and refused: then there is more to read of it."""
    if isinstance(error, DextoError):
        return error
    if isinstance(error, ImproperlyConfigured):
        return UserError("setting_missing", str(error), "docs/production.md lists what must be set.")
    if getattr(error.__cause__, "sqlstate", None):
        raise error
    (*_before, last) = str(error).strip().splitlines() or [""]
    return PlatformError("database_away", "The database does not answer.", f"Is the installation up? It says: {last}")
