"""The story of a build. Everything that it touches is in its specification or injected."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Generic, TypeVar

from builds.bundle import MadeBundle, Manifest
from builds.bundlers import BUNDLERS
from builds.bundlers.contract import CHECKED_BASE, BundleJob, ObjectPlace, Toolchain
from builds.bundlers.outlining import bundle_outline
from builds.frames import framed
from builds.project_loading import inspect_folder
from builds.rejection import ProjectInvalidError
from builds.runner import git
from builds.runner.checkout import Limits, Mirror, check_disk
from builds.runner.confinement import Sandbox
from builds.runner.declaring import Declared, declared_in
from builds.runner.fetching import digest_of, fetch_remote
from builds.runner.ignoring import Commit, Ignore, is_ignored
from builds.runner.packages import Packages
from builds.runner.progress import Progress
from builds.runner.watching import concerns
from core.findings import Finding, in_reading_order
from core.inspection import Report
from core.outline import Outline
from core.resources import ResourceLoader
from core.targets import Target

Known = TypeVar("Known")


@dataclass(frozen=True, slots=True)
class Watch:
    """Builds only when something that is watched changed since `deployed`, the commit that serves now."""

    deployed: str
    patterns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BuildSpec:
    """What to build, and from where. `work` is a folder that builds may fill."""

    source: git.Source
    commit_sha: str
    root: str
    target: Target
    mirror: Path
    work: Path
    limits: Limits
    toolchain: Toolchain
    sandbox: Sandbox
    loader: Callable[[], ResourceLoader]  # of what the project names elsewhere; made where there is anything
    packages: Packages
    objects: ObjectPlace | None = None
    watch: Watch | None = None
    ignore: Ignore | None = None
    fresh: bool = False  # packages are installed anew, for this build alone


@dataclass(frozen=True, slots=True)
class Stores(Generic[Known]):
    """What is injected. `reusable` looks for the bundle of a tree and of what was fetched for it; `keep` stores one.

    What is fetched may change while the tree stays the same: a bundle that holds any is found by its digest only, so
    that a tree which fetches nothing is known without a checkout, and another one is looked at anew each time.
    """

    reusable: Callable[[str, str], Known | None]
    keep: Callable[[MadeBundle], str]
    declares: Callable[[Declared], None] | None = None  # told which destinations the commit declares


@dataclass(frozen=True, slots=True)
class BuildResult(Generic[Known]):
    """A `reused` bundle, a manifest that is stored under `manifest_key`, or the reason why nothing was built.

    `fetched` is the digest of what came from elsewhere, "" for nothing.
    """

    tree_sha: str
    skipped: str = ""
    reused: Known | None = None
    manifest: Manifest | None = None
    manifest_key: str = ""
    findings: tuple[Finding, ...] = ()
    fetched: str = ""
    outline: Outline = field(default_factory=dict)


def build(spec: BuildSpec, stores: Stores[Known], progress: Progress) -> BuildResult[Known]:
    """Raises UserError for what the project's owner can mend, PlatformError for the rest."""
    mirror = Mirror(spec.mirror, spec.limits, progress)
    with progress.step("fetch"):
        check_disk(spec.work, spec.limits)
        mirror.fetch(spec.source, spec.commit_sha)
        tree_sha = mirror.tree(spec.commit_sha, spec.root)
        if stores.declares is not None:
            stores.declares(declared_in(mirror, tree_sha))
        if not _is_concerned(mirror, spec):
            return BuildResult(tree_sha, skipped="nothing that this project watches changed")
    if spec.ignore and _is_ignored(spec, spec.ignore, mirror, tree_sha, progress):
        return BuildResult(tree_sha, skipped="the ignored-build command ended with 0")
    if spec.fresh:
        progress.line("Built without cache: nothing of an earlier build is used.")
    known = stores.reusable(tree_sha, "")
    if known is not None:
        progress.line("Nothing changed since an earlier build: its bundle is used again.")
        return BuildResult(tree_sha, reused=known)
    with _scratch(spec.work) as scratch:
        with progress.step("check out"):
            files = _check_out(mirror, tree_sha, scratch, progress)
        with progress.step("check"):
            report = _check(scratch / "project", spec.target, progress)
            fetched = _fetch(spec, report, scratch / "project", progress)
            if fetched:
                known = stores.reusable(tree_sha, digest_of(fetched))
        if known is not None:
            progress.line("Nothing changed since an earlier build, nor what it fetches: its bundle is used again.")
            return BuildResult(tree_sha, reused=known, fetched=digest_of(fetched))
        with progress.step("bundle"):
            made = _bundle(spec, report, files, fetched, scratch, progress)
        with progress.step("store"):
            key = stores.keep(made)
        findings = framed(in_reading_order((*report.findings, *made.findings)), scratch / "project")
    return BuildResult(
        tree_sha,
        manifest=made.manifest,
        manifest_key=key,
        findings=findings,
        fetched=digest_of(fetched),
        outline=bundle_outline(report, made),
    )


def _is_concerned(mirror: Mirror, spec: BuildSpec) -> bool:
    if spec.watch is None:
        return True
    changed = mirror.changed(spec.watch.deployed, spec.commit_sha)
    return concerns(changed, spec.watch.patterns)


def _is_ignored(spec: BuildSpec, ignore: Ignore, mirror: Mirror, tree_sha: str, progress: Progress) -> bool:
    commit = Commit(spec.commit_sha, tree_sha, spec.root)
    with progress.step("ask"), _scratch(spec.work) as scratch:
        progress.line(f"The ignored-build command: {ignore.command}")
        return is_ignored(
            ignore, commit, mirror, scratch, sandbox=spec.sandbox, node=spec.packages.node, progress=progress
        )


def _check_out(mirror: Mirror, tree_sha: str, scratch: Path, progress: Progress) -> dict[str, Path]:
    folder = scratch / "project"
    files = mirror.files(tree_sha)
    mirror.write(tree_sha, folder, scratch / "index")
    progress.line(f"{len(files):,} files, {sum(file.size for file in files):,} bytes.")
    return {file.path: folder / file.path for file in files}


def _check(folder: Path, target: Target, progress: Progress) -> Report:
    report = inspect_folder(folder, targets=(target,), base=CHECKED_BASE)
    _say(report.findings, progress)
    if not report.ok:
        raise ProjectInvalidError(framed(report.findings, folder))
    progress.line(f"{len(report.agents)} agent{'' if len(report.agents) == 1 else 's'}, no errors.")
    return report


def _fetch(spec: BuildSpec, report: Report, project: Path, progress: Progress) -> dict[str, Path]:
    try:
        return fetch_remote(report, spec.loader, project)
    except ProjectInvalidError as error:
        raise _refused(error, report, project, progress) from error


def _bundle(
    spec: BuildSpec,
    report: Report,
    files: Mapping[str, Path],
    fetched: Mapping[str, Path],
    scratch: Path,
    progress: Progress,
) -> MadeBundle:
    folder, project = scratch / "bundle", scratch / "project"
    folder.mkdir()
    real = _files_inside(files, project.resolve())
    job = BundleJob(report, project, real, folder, spec.toolchain, objects=spec.objects, sandbox=spec.sandbox)
    try:
        installed = _packages(spec, scratch).install(project / report.project.root, spec.sandbox, progress)
        made = BUNDLERS[spec.target](replace(job, fetched=fetched, packages=installed), progress)
    except ProjectInvalidError as error:
        raise _refused(error, report, project, progress) from error
    _say(made.findings, progress)
    progress.line(f"{len(made.manifest.files):,} files, {made.manifest.size:,} bytes, {made.manifest.digest[:12]}.")
    return made


def _packages(spec: BuildSpec, scratch: Path) -> Packages:
    """Other builds may be reading what is in the cache: it stays as it is."""
    return replace(spec.packages, cache=scratch / "packages") if spec.fresh else spec.packages


def _refused(error: ProjectInvalidError, report: Report, project: Path, progress: Progress) -> ProjectInvalidError:
    """With the lines that it is about, while they are there."""
    _say(error.findings, progress)
    return ProjectInvalidError(framed(error.findings, project, beside=report.findings))


def _files_inside(files: Mapping[str, Path], project: Path) -> dict[str, Path]:
    """Without what a symbolic link leads out of the project. A folder is looked at once, not for each of its files."""
    inside = {folder: _inside(folder, project) for folder in {place.parent for place in files.values()}}
    return {
        path: place
        for path, place in files.items()
        if inside[place.parent] and place.is_file() and (not place.is_symlink() or _inside(place, project))
    }


def _inside(place: Path, project: Path) -> bool:
    return place.resolve().is_relative_to(project)


def _say(findings: Iterable[Finding], progress: Progress) -> None:
    for finding in findings:
        place = f"{finding.file}:{finding.line} " if finding.file else ""
        progress.line(f"{finding.severity.value}: {place}{finding.sentence} [{finding.code}]")


@contextmanager
def _scratch(work: Path) -> Iterator[Path]:
    work.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="build-", dir=work))
    try:
        yield folder.resolve()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
