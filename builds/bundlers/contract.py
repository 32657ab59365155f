"""What a bundler is given, and what it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from builds.bundle import MadeBundle
from builds.runner.confinement import Sandbox, Unconfined
from builds.runner.progress import Progress
from core.inspection import Report

#: Where a project is said to lie while it is checked for a bundle: a folder that no text names by chance.
CHECKED_BASE = PurePosixPath("/dexto.project")


@dataclass(frozen=True, slots=True)
class Toolchain:
    """The programs of a build, and what their versions are: they are part of the build key."""

    esbuild: Path
    runtime: Path  # the folder of the agent runtime
    version: str
    seconds: int  # limit of one bundling


@dataclass(frozen=True, slots=True)
class ObjectPlace:
    """A bucket, and what its keys begin with: "" or a prefix that ends with a slash."""

    bucket: str
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class BundleJob:
    """A checked project at hand.

    `report` was made with CHECKED_BASE. `project` is the checkout, `files` maps each path in it to where it really
    is; `fetched` are remote resources by their URIs, `packages` folders with what was installed. `scratch` lies beside
    the checkout, is empty and is removed. `objects` is where objects will be, where that is known already.
    """

    report: Report
    project: Path
    files: Mapping[str, Path]
    scratch: Path
    toolchain: Toolchain
    fetched: Mapping[str, Path] = field(default_factory=dict)
    packages: tuple[Path, ...] = ()
    objects: ObjectPlace | None = None
    sandbox: Sandbox = field(default_factory=Unconfined)


Bundler = Callable[[BundleJob, Progress], MadeBundle]
