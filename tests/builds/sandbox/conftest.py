"""The sandbox of this machine, and a folder for each attack. Where bubblewrap is missing the tests fail and say so."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from builds.sandbox import cgroups
from builds.sandbox.backend import Machine
from builds.sandbox.bubblewrap import find
from builds.sandbox.cgroups import ControlGroups
from builds.sandbox.contract import Limits, Outcome, Sandbox, Specification

PYTHON = Path(sys.base_prefix) / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}"
#: What an attack needs to be able to read in order to run at all.
INTERPRETER = () if PYTHON.is_relative_to("/usr") else (Path(sys.base_prefix),)
MEGABYTE = 1024 * 1024
SMALL = Limits(
    memory_bytes=256 * MEGABYTE,
    processes=64,
    open_files=256,
    file_bytes=16 * MEGABYTE,
    disk_bytes=32 * MEGABYTE,
    tmp_bytes=8 * MEGABYTE,
    cpu_seconds=30,
    seconds=30,
)


@pytest.fixture(scope="session")
def base() -> Path:
    """Where a user of its own can get to, beside the platform's data directory."""
    return Path(os.environ["DEXTO_DATA_DIR"])


@pytest.fixture(scope="session")
def sandbox(base: Path) -> Sandbox:
    return bubblewrap(base, cgroups.find())


def bubblewrap(base: Path, groups: ControlGroups | None) -> Sandbox:
    found = find(Machine(base / "sandbox", groups))
    assert found.sandbox is not None, f"{found.reason} {found.next_step}"
    return found.sandbox


@pytest.fixture
def folder(base: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="build-", dir=base, ignore_cleanup_errors=True) as made:
        work = Path(made) / "work"
        work.mkdir()
        yield work


Attack = Callable[..., Outcome]


def specification(folder: Path, script: str, *arguments: str, limits: Limits = SMALL, **more: object) -> Specification:
    return Specification(
        (str(PYTHON), "-c", dedent(script), *arguments),
        folder,
        limits,
        **{"readable": INTERPRETER, **more},  # type: ignore[arg-type]  # fields of the specification, by name
    )


@pytest.fixture
def attack(sandbox: Sandbox, folder: Path) -> Attack:
    """Runs a script of a hostile repository."""

    def run(script: str, *arguments: str, limits: Limits = SMALL, **more: object) -> Outcome:
        return sandbox.run(specification(folder, script, *arguments, limits=limits, **more), check=lambda: None)

    return run
