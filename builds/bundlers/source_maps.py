"""Source maps: where in the project's own files a line of a stack trace is. They name no folder of the builder."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from builds.bundlers.contract import BundleJob


def source_map(job: BundleJob, written: Path) -> Path:
    """The map as esbuild wrote it, with each source under the name by which its author knows it."""
    content = json.loads(written.read_text(encoding="utf-8"))
    folders = list(_folders(job))
    content["sources"] = [_name((written.parent / source).resolve(), folders) for source in content["sources"]]
    written.write_text(json.dumps(content, separators=(",", ":"), ensure_ascii=False), encoding="utf-8")
    return written


def _folders(job: BundleJob) -> Iterator[tuple[Path, str]]:
    """Folders in which sources lie, and what they are called."""
    yield from ((packages.resolve(), "packages") for packages in job.packages)
    yield job.scratch.resolve(), "bundle"
    yield job.project.resolve(), "project"
    yield job.toolchain.runtime.resolve(), "runtime"


def _name(source: Path, folders: list[tuple[Path, str]]) -> str:
    for folder, name in folders:
        if source.is_relative_to(folder):
            return f"{name}/{source.relative_to(folder).as_posix()}"
    return source.name
