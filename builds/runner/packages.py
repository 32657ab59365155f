"""Installs a project's packages: exactly what its lock file says, once per lock, without any script of theirs."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Final

from builds.runner.commands import Command
from builds.runner.confinement import Needs, Sandbox
from builds.runner.progress import Progress
from core.document import is_mapping
from core.errors import ProjectError, UserError

_SECONDS: Final = 300.0
_SCRIPTS: Final = (".js", ".cjs")


@dataclass(frozen=True, slots=True)
class Manager:
    """A package manager: its lock files, the program within the tools' folder, and how it installs from a lock.

    A program that ends like JavaScript is run by Node, any other one by itself.
    """

    name: str
    locks: tuple[str, ...]
    program: str
    arguments: tuple[str, ...]
    settings: tuple[str, ...] = ()  # files beside the lock that change what is installed


NPM: Final = Manager(
    "npm",
    ("package-lock.json", "npm-shrinkwrap.json"),
    "npm/bin/npm-cli.js",
    ("ci", "--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund", "--loglevel=error"),
    (".npmrc",),
)
BUN: Final = Manager(
    "bun",
    ("bun.lock", "bun.lockb"),
    "bin/bun",
    ("install", "--frozen-lockfile", "--ignore-scripts", "--production", "--no-progress"),
    (".npmrc", "bunfig.toml"),
)
MANAGERS: Final = (
    NPM,
    Manager(
        "pnpm",
        ("pnpm-lock.yaml",),
        "pnpm/bin/pnpm.cjs",
        ("install", "--frozen-lockfile", "--ignore-scripts", "--prod", "--reporter=append-only"),
        (".npmrc", "pnpm-workspace.yaml"),
    ),
    Manager(
        "yarn",
        ("yarn.lock",),
        "yarn/bin/yarn.js",
        ("install", "--frozen-lockfile", "--ignore-scripts", "--production", "--non-interactive", "--no-progress"),
        (".npmrc", ".yarnrc"),
    ),
    BUN,
)


@dataclass(frozen=True, slots=True)
class Packages:
    """`cache` holds what was installed, by lock; `tools` maps each manager's name to the folder of its program."""

    cache: Path
    node: Path
    tools: Mapping[str, Path]
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)  # such as the registry's address

    def install(self, project: Path, sandbox: Sandbox, progress: Progress) -> tuple[Path, ...]:
        """The folders that the project's code imports from. Raises UserError for what the owner can mend."""
        if not _has_dependencies(project):
            return ()
        manager, lock = _lock(project)
        digest = _digest(project, manager, lock)
        kept = self.cache / digest
        if not kept.is_dir():
            self._fill(kept, project, manager, lock, sandbox, progress)
        else:
            progress.line(f"The packages of {lock} were installed before.")
        link = project / "node_modules"
        link.unlink(missing_ok=True)
        link.symlink_to(kept / "node_modules")
        return (kept,)

    def _fill(
        self, kept: Path, project: Path, manager: Manager, lock: str, sandbox: Sandbox, progress: Progress
    ) -> None:
        """There whole or not at all: it is installed beside its place, and renamed."""
        self.cache.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=".installing-", dir=self.cache))
        try:
            for name in ("package.json", lock, *manager.settings):
                if (project / name).is_file():
                    shutil.copyfile(project / name, folder / name)
            progress.line(f"Installing the packages of {lock} with {manager.name}.")
            self._run(manager, folder, sandbox, progress)
            (folder / "node_modules").mkdir(exist_ok=True)
            _rename(folder, kept)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _run(self, manager: Manager, folder: Path, sandbox: Sandbox, progress: Progress) -> None:
        program = self._program(manager)
        environment = {
            **self.environment,
            "HOME": str(folder / ".home"),
            "npm_config_cache": str(folder / ".home" / "npm"),
            "YARN_CACHE_FOLDER": str(folder / ".home" / "yarn"),
            "BUN_INSTALL_CACHE_DIR": str(folder / ".home" / "bun"),
            "npm_config_update_notifier": "false",
        }
        command = Command([*self._start(program), *manager.arguments], _SECONDS, environment, folder)
        needs = Needs(reads=(self.node, program.parents[1], *self._certificates()), writes=(folder,), registry=True)
        outcome = sandbox.run(command, needs, progress)
        shutil.rmtree(folder / ".home", ignore_errors=True)
        if not outcome.ok:
            said = next((line for line in outcome.last_lines if "rror" in line), f"{manager.name} failed")
            raise ProjectError(
                "install_failed",
                f"The packages could not be installed: {said.strip()[:300]}",
                "Run the same install at home, and commit the lock file that it leaves.",
            )

    def _certificates(self) -> Iterator[Path]:
        """Of the operator's own registry or proxy."""
        if "NODE_EXTRA_CA_CERTS" in self.environment:
            yield Path(self.environment["NODE_EXTRA_CA_CERTS"])

    def _start(self, program: Path) -> list[str]:
        return [str(self.node), str(program)] if program.suffix in _SCRIPTS else [str(program)]

    def _program(self, manager: Manager) -> Path:
        folder = self.tools.get(manager.name)
        program = folder / manager.program if folder else None
        if program is None or not program.exists():
            raise UserError(
                "package_manager_missing",
                f"This installation has no {manager.name}.",
                "Commit a package-lock.json instead, or ask the operator to install it.",
            )
        return program


def _has_dependencies(project: Path) -> bool:
    try:
        package = json.loads((project / "package.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False  # the check has said so already
    return is_mapping(package) and bool(package.get("dependencies"))


def _lock(project: Path) -> tuple[Manager, str]:
    for manager in MANAGERS:
        for name in manager.locks:
            if (project / name).is_file():
                return manager, name
    raise ProjectError(
        "lock_missing",
        "package.json names dependencies, and there is no lock file that says which versions.",
        "Commit the lock file of npm, pnpm, yarn or bun.",
        "package.json",
        1,
    )


def _digest(project: Path, manager: Manager, lock: str) -> str:
    digest = sha256(manager.name.encode())
    for name in ("package.json", lock, *manager.settings):
        place = project / name
        if place.is_file():
            digest.update(name.encode() + b"\0" + place.read_bytes() + b"\0")
    return digest.hexdigest()


def _rename(folder: Path, kept: Path) -> None:
    folder.chmod(0o755)
    try:
        os.rename(folder, kept)  # noqa: PTH104  # fails where another build was first, as it should
    except OSError:
        if not kept.is_dir():
            raise
