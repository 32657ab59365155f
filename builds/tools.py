"""Where the programs of a build are on this machine."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Final

from builds.bundlers.contract import Toolchain
from builds.node_program import node_program
from builds.runner.packages import BUN, MANAGERS, NPM, Packages
from core.errors import PlatformError

#: The agent runtime that comes with this installation.
RUNTIME: Final = Path(__file__).resolve().parents[1] / "runtime"
#: Settings of npm that an operator may have in the environment: a mirror of the registry, and its certificate.
_PASSED_ON: Final = ("npm_config_registry", "NPM_CONFIG_REGISTRY", "NODE_EXTRA_CA_CERTS", "HTTPS_PROXY", "NO_PROXY")


def toolchain(runtime: Path = RUNTIME, *, seconds: int = 120) -> Toolchain:
    """For bundles with an agent runtime in a folder. Raises PlatformError when the packages are not installed."""
    esbuild = native_program("@esbuild", "esbuild")
    version = subprocess.run([esbuild, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    return Toolchain(esbuild, runtime, f"esbuild {version}, {_digest(runtime)}", seconds)


def packages(cache: Path) -> Packages:
    """Installs by npm of the wheel, and by whatever else is among the runtime's packages."""
    node = node_program()
    inside = RUNTIME / "node_modules"
    folders = {manager.name: inside for manager in MANAGERS} | {NPM.name: node.parents[1] / "lib" / "node_modules"}
    bun = next((path for path in _bun_builds() if path.is_dir()), None)
    if bun is not None:
        folders[BUN.name] = bun
    passed_on = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return Packages(cache, node, folders, passed_on)


def native_program(scope: str, name: str) -> Path:
    """A program that npm installed for this machine's system."""
    folder = RUNTIME / "node_modules" / scope
    found = next((path for path in _builds(folder, name) if path.exists()), None)
    if found is None:
        raise PlatformError("program_missing", f"{name} is not installed.", "Run make setup.")
    return found


def _builds(folder: Path, name: str) -> Iterator[Path]:
    """esbuild and workerd name their builds' folders differently."""
    machine = {"x86_64": "x64", "aarch64": "arm64", "arm64": "arm64"}.get(platform.machine(), platform.machine())
    for build in (f"{sys.platform}-{machine}", f"{name}-{sys.platform}-{machine.replace('x64', '64')}"):
        yield folder / build / "bin" / name


def _bun_builds() -> Iterator[Path]:
    """Of two builds for a machine, the one that runs on every processor is installed."""
    for build in (f"bun-{sys.platform}-x64-baseline", f"bun-{sys.platform}-aarch64"):
        yield RUNTIME / "node_modules" / "@oven" / build


def _digest(runtime: Path) -> str:
    """Changes with whatever of the runtime goes into a bundle."""
    digest = sha256((RUNTIME / "package-lock.json").read_bytes())
    for path in sorted((runtime / "src").rglob("*")):
        if path.is_file():
            digest.update(path.relative_to(runtime).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]
