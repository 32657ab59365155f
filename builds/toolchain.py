"""The programs that builds use, found once per process."""

from __future__ import annotations

import platform
import subprocess
import sys
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from django.conf import settings

from builds.bundlers.contract import Toolchain
from core.errors import PlatformError


@lru_cache(maxsize=1)
def toolchain() -> Toolchain:
    runtime = Path(settings.RUNTIME_DIR)
    esbuild = _esbuild(runtime)
    version = subprocess.run([esbuild, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    return Toolchain(esbuild, runtime, f"esbuild {version}, {_digest(runtime)}", settings.BUNDLE_SECONDS)


def _esbuild(runtime: Path) -> Path:
    machine = {"x86_64": "x64", "aarch64": "arm64", "arm64": "arm64"}.get(platform.machine(), platform.machine())
    program = runtime / "node_modules" / "@esbuild" / f"{sys.platform}-{machine}" / "bin" / "esbuild"
    if not program.exists():
        raise PlatformError("esbuild_missing", "esbuild is not installed.", "Run make setup.")
    return program


def _digest(runtime: Path) -> str:
    """Changes with whatever of the runtime goes into a bundle."""
    digest = sha256()
    for folder in ("src", "sample"):
        for path in sorted((runtime / folder).rglob("*")):
            if path.is_file():
                digest.update(path.relative_to(runtime).as_posix().encode() + b"\0" + path.read_bytes())
    digest.update((runtime / "package-lock.json").read_bytes())
    return digest.hexdigest()[:16]
