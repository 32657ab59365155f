"""Where this installation keeps everything, who may use it, and the secrets that it was born with."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import IO, Final

from core.errors import PlatformError, UserError

LAYOUT: Final = 1
_MIN_FREE_BYTES: Final = 256 * 1024 * 1024
ROOT: Final = Path(__file__).resolve().parents[3]


@dataclass(frozen=True, slots=True)
class DataDirectory:
    """An open data directory: locked for as long as this process lives, also when it is killed."""

    path: Path
    run: Path  # sockets; short, because a socket's path may have 108 bytes
    secrets: Mapping[str, str] = field(repr=False)
    _lock: IO[str] = field(repr=False)

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    def close(self) -> None:
        shutil.rmtree(self.run, ignore_errors=True)
        self._lock.close()


def default_path(environment: Mapping[str, str] = os.environ) -> Path:
    """As root not below a private home: PostgreSQL's own user must be able to reach it."""
    if chosen := environment.get("DEXTO_DATA_DIR"):
        return Path(chosen).resolve()
    if os.geteuid() == 0:
        return Path("/var/lib/dexto-cloud") / _short_name(ROOT)
    return ROOT / ".data"


def open_directory(path: Path) -> DataDirectory:
    """Raises UserError: data_directory_newer, _unusable, already_running. Raises PlatformError: disk_full."""
    lock = _locked(path)
    _check_layout(path)
    _check_disk(path)
    (path / "logs").mkdir(exist_ok=True)
    return DataDirectory(path, _run_directory(path), _secrets(path), lock)


def _locked(path: Path) -> IO[str]:
    try:
        path.mkdir(parents=True, exist_ok=True)
        lock = (path / "lock").open("a+")
    except OSError as error:
        raise UserError(
            "data_directory_unusable",
            f"{path} cannot be used: {error.strerror}.",
            "Set DEXTO_DATA_DIR to another directory, or give this one to the user that you are.",
        ) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise UserError(
            "already_running",
            f"Another Dexto Cloud uses {path}.",
            "Use that one, stop it, or set DEXTO_DATA_DIR to another directory.",
        ) from None
    return lock


def _check_layout(path: Path) -> None:
    version = path / "layout-version"
    if not version.exists():
        version.write_text(f"{LAYOUT}\n")
        return
    found = version.read_text().strip()
    if not found.isdigit() or int(found) > LAYOUT:
        raise UserError(
            "data_directory_newer",
            f"{path} was written by a newer version (layout {found or 'unknown'}; this one knows {LAYOUT}).",
            "Start the newer version, or set DEXTO_DATA_DIR to another directory.",
        )


def _check_disk(path: Path) -> None:
    wanted = int(os.environ.get("DEXTO_MIN_FREE_DISK_BYTES") or _MIN_FREE_BYTES)
    free = shutil.disk_usage(path).free
    if free < wanted:
        raise PlatformError(
            "disk_full",
            f"Only {free // 1_000_000} MB are free for {path}; at least {wanted // 1_000_000} MB are needed.",
            "Free some space and start again.",
        )


def _run_directory(path: Path) -> Path:
    """Anew at each start: a socket of before belongs to nobody."""
    base = Path(os.environ.get("XDG_RUNTIME_DIR") or "/tmp")  # noqa: S108  # its owner and mode are checked
    run = base / f"dx-{_short_name(path)}"
    run.mkdir(mode=0o711, exist_ok=True)
    found = run.lstat()
    if found.st_uid != os.geteuid() or run.is_symlink():
        raise UserError("run_directory_foreign", f"{run} belongs to somebody else.", "Remove it, and start again.")
    run.chmod(0o711)
    (run / "routes").mkdir(exist_ok=True)
    return run


def _secrets(path: Path) -> Mapping[str, str]:
    """Made once. The file is the only place that holds them."""
    kept = path / "secrets.json"
    if kept.exists():
        found: dict[str, str] = json.loads(kept.read_text())
        return found
    made = {
        "SECRET_KEY": secrets.token_urlsafe(60),
        "DEXTO_ENCRYPTION_KEYS": f"first:{base64.b64encode(secrets.token_bytes(32)).decode()}",
        "DEXTO_WEBHOOK_SECRET": secrets.token_urlsafe(32),
        "S3_ACCESS_KEY_ID": secrets.token_hex(10),
        "S3_SECRET_ACCESS_KEY": secrets.token_urlsafe(30),
        "VALKEY_PASSWORD": secrets.token_urlsafe(30),
    }
    write_private(kept, json.dumps(made, indent=1))
    return made


def write_private(path: Path, text: str) -> None:
    """Whole or not at all, and never readable by others, not even for a moment."""
    scratch = path.with_suffix(".new")
    scratch.unlink(missing_ok=True)
    descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as opened:
        opened.write(text)
        opened.flush()
        os.fsync(descriptor)
    scratch.replace(path)


def _short_name(path: Path) -> str:
    return sha256(str(path.resolve()).encode()).hexdigest()[:8]
