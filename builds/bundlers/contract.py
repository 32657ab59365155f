"""What a bundler is given, and what it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from builds.bundle import MadeBundle
from builds.runner.progress import Progress
from core.inspection import Report


@dataclass(frozen=True, slots=True)
class Toolchain:
    """The programs of a build, and what their versions are: they are part of the build key."""

    esbuild: Path
    runtime: Path  # the folder of the agent runtime
    version: str
    seconds: int  # limit of one bundling


@dataclass(frozen=True, slots=True)
class BundleJob:
    """`files` maps each path of the project to where it was checked out; `scratch` is empty and is removed."""

    report: Report
    files: Mapping[str, Path]
    scratch: Path
    toolchain: Toolchain


Bundler = Callable[[BundleJob, Progress], MadeBundle]
