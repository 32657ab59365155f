"""`dexto-cloud keys` on one machine: the keys are in its secrets file, and whoever runs must know them first."""

from __future__ import annotations

import base64
import json
import os
import secrets
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from core.errors import PlatformError, UserError
from dexto_cloud.embedded.data_directory import ROOT, write_private
from dexto_cloud.embedded.installation import Found, engines_of

_NAME: Final = "DEXTO_ENCRYPTION_KEYS"
_RESTART: Final = "A new key is there. Restart `dexto-cloud up`, then run `dexto-cloud keys rotate` once more."


def list_keys(data: Path, *, json: bool = False) -> str:
    """For a person, or for a program. Raises UserError and PlatformError."""
    with engines_of(data) as found:
        return _keys(found.environment, "list", *_as_asked(json))


def rotate(data: Path, *, json: bool = False) -> str:
    """Puts every value under the first key; where all are there already, under a new one.

    The processes of an installation that runs know the keys that they were started with: there a new key is only
    added, and the values follow when this is run again after a restart. Raises UserError and PlatformError.
    """
    with engines_of(data) as found:
        if _knows_all(found, data) and not _is_under_way(found):
            _write_keys(data, [_new_entry(), *_entries(data)])
        if found.runs and not _knows_all(found, data):
            return '{"restart": true}' if json else _RESTART
        return _keys(found.environment | {_NAME: _kept(data)[_NAME]}, "rotate", *_as_asked(json))


def remove(data: Path, key_id: str) -> None:
    """Raises UserError encryption_key_in_use where it may not be removed."""
    with engines_of(data) as found:
        removable = [use["key_id"] for use in _uses(found) if use["may_be_removed"]]
        if not _knows_all(found, data) or key_id not in removable:
            raise UserError(
                "encryption_key_in_use",
                f"The key {key_id} cannot be removed: it is needed, or there is none of that name.",
                "`dexto-cloud keys list` says which keys may be removed; `keys rotate` frees them.",
            )
        _write_keys(data, [entry for entry in _entries(data) if not entry.startswith(f"{key_id}:")])


def _as_asked(json: bool) -> list[str]:
    return ["--json"] if json else []


def _knows_all(found: Found, data: Path) -> bool:
    return found.environment[_NAME] == _kept(data)[_NAME]


def _is_under_way(found: Found) -> bool:
    return any(use["values"] for use in _uses(found) if use["is_configured"] and not use["is_first"])


def _uses(found: Found) -> list[dict[str, Any]]:
    uses: list[dict[str, Any]] = json.loads(_keys(found.environment, "list", "--json"))
    return uses


def _keys(environment: Mapping[str, str], *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), "keys", *arguments],
        env={**environment, "PATH": os.environ.get("PATH", os.defpath)},
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        said = done.stderr.strip().splitlines()[-2:] or ["It said nothing."]
        raise PlatformError("keys_failed", said[0], said[-1].strip())
    return done.stdout.strip()


def _new_entry() -> str:
    return f"k{secrets.token_hex(4)}:{base64.b64encode(secrets.token_bytes(32)).decode()}"


def _entries(data: Path) -> list[str]:
    return _kept(data)[_NAME].split(",")


def _write_keys(data: Path, entries: list[str]) -> None:
    write_private(data / "secrets.json", json.dumps(_kept(data) | {_NAME: ",".join(entries)}, indent=1))


def _kept(data: Path) -> dict[str, str]:
    found: dict[str, str] = json.loads((data / "secrets.json").read_text())
    return found
