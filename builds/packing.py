"""What `dexto-cloud build` does: from a project's folder to a bundle in a folder. No Django is loaded here."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

from builds import tools
from builds.bundle import MadeBundle
from builds.bundlers import BUNDLERS
from builds.bundlers.aws_lambda import archive
from builds.bundlers.contract import CHECKED_BASE, BundleJob, ObjectPlace, Toolchain
from builds.bundlers.limits import gzip_size
from builds.bundlers.nodejs import holds_secrets
from builds.bundlers.outlining import bundle_outline
from builds.frames import framed
from builds.loaders.disk import DiskFiles
from builds.loaders.remote import Identity, RemoteLoader
from builds.project_loading import inspect_folder
from builds.rejection import ProjectInvalidError
from builds.runner.confinement import Unconfined
from builds.runner.fetching import fetch_remote
from clients.addresses import ANYWHERE
from clients.guarded_http import GuardedHttp
from core.errors import UserError
from core.findings import Finding, in_reading_order
from core.inspection import Report
from core.outline import Outline
from core.resources import ResourceLoader
from core.targets import Target
from core.uris import parse

#: The bundle's manifest, beside its files.
MANIFEST = "dexto-bundle.json"
#: What AWS takes, beside the files that are in it.
ARCHIVE = "function.zip"


@dataclass(frozen=True, slots=True)
class Wish:
    """What to pack. `out` is made, or emptied when it holds an earlier bundle."""

    project: Path
    target: Target
    out: Path
    root: str = ""
    objects: ObjectPlace | None = None


@dataclass(frozen=True, slots=True)
class Packed:
    """A bundle in its folder. `size` is bytes of all files, `gzip_size` of the code."""

    made: MadeBundle
    out: Path
    gzip_size: int
    findings: tuple[Finding, ...]
    outline: Outline

    def as_dict(self) -> dict[str, object]:
        """The form that the command prints for programs."""
        manifest = self.made.manifest
        return {
            "target": manifest.target.value,
            "bundle": manifest.digest,
            "entry": manifest.entry,
            "size": manifest.size,
            "gzip_size": self.gzip_size,
            "files": [{"path": file.path, "sha256": file.sha256, "size": file.size} for file in manifest.files],
            "resources": [dict(one) for one in manifest.provenance],
            "required_env": list(manifest.required_variables),
            "findings": [finding.as_dict() for finding in self.findings],
        }


def pack(
    wish: Wish,
    say: Callable[[str], None] = lambda _line: None,
    *,
    environment: Mapping[str, str] = os.environ,
    toolchain: Toolchain | None = None,
    loader: ResourceLoader | None = None,
) -> Packed:
    """Raises ProjectInvalidError with every finding, and UserError when `out` is something else's folder."""
    _check_out(wish.out)
    progress = _Spoken(say)
    with _scratch() as scratch:
        report, files = _checked_copy(wish, scratch / "project")
        folder = scratch / "bundle"
        folder.mkdir()
        fetched = _fetched(report, lambda: loader or _own_loader(environment), scratch / "project")
        packages = tools.packages(_cache(environment)).install(
            scratch / "project" / report.project.root, Unconfined(), progress
        )
        job = BundleJob(
            report,
            scratch / "project",
            files,
            folder,
            toolchain or tools.toolchain(),
            fetched,
            packages,
            objects=wish.objects,
        )
        made = _bundle(job, wish.target, report, progress)
        _write(made, wish.out)
        kept = replace(made, places={file.path: wish.out / file.path for file in made.manifest.files})
        findings = framed(in_reading_order((*report.findings, *kept.findings)), scratch / "project")
        outline = bundle_outline(report, kept)
        return Packed(kept, wish.out, gzip_size(kept), findings, outline)


def object_place(uri: str) -> ObjectPlace:
    """`s3://bucket/prefix` in parts. Raises UserError."""
    parsed = parse(f"{uri.rstrip('/')}/-", field="Object store", schemes=("s3",))
    prefix = parsed.key.removesuffix("-")
    return ObjectPlace(parsed.host, prefix)


def _bundle(job: BundleJob, target: Target, report: Report, progress: _Spoken) -> MadeBundle:
    try:
        return BUNDLERS[target](job, progress)
    except ProjectInvalidError as error:
        findings = in_reading_order((*report.findings, *error.findings))
        raise ProjectInvalidError(framed(findings, job.project)) from error


def _fetched(report: Report, loader: Callable[[], ResourceLoader], project: Path) -> dict[str, Path]:
    try:
        return fetch_remote(report, loader, project)
    except ProjectInvalidError as error:
        raise ProjectInvalidError(framed(error.findings, project, beside=report.findings)) from error


def _checked_copy(wish: Wish, copy: Path) -> tuple[Report, dict[str, Path]]:
    """The project as a push would have it: without what is installed, and without files of secrets."""
    source = DiskFiles(wish.project)
    files: dict[str, Path] = {}
    for name in source.paths():
        if not holds_secrets(name.name):
            place = copy / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(source.read_bytes(name))
            place.chmod(0o755 if source.names[name].stat().st_mode & 0o100 else 0o644)
            files[str(name)] = place
    copy.mkdir(exist_ok=True)
    report = inspect_folder(copy, root=wish.root, targets=(wish.target,), base=CHECKED_BASE)
    if not report.ok:
        raise ProjectInvalidError(framed(report.findings, copy))
    return report, files


def _own_loader(environment: Mapping[str, str]) -> ResourceLoader:
    return RemoteLoader(GuardedHttp(ANYWHERE), ANYWHERE, Identity.OWN_MACHINE, environment)


def _cache(environment: Mapping[str, str]) -> Path:
    base = environment.get("XDG_CACHE_HOME") or f"{environment.get('HOME') or tempfile.gettempdir()}/.cache"
    return Path(base) / "dexto-cloud" / "packages"


def _check_out(out: Path) -> None:
    if out.is_dir() and any(out.iterdir()) and not (out / MANIFEST).is_file():
        raise UserError(
            "out_not_empty",
            f"{out} holds something that is no bundle.",
            "Name an empty folder, or one that holds an earlier bundle.",
        )


def _write(made: MadeBundle, out: Path) -> None:
    """Whole beside its place first: what was there stays until the new one is complete."""
    out.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=".bundle-", dir=out.parent))
    try:
        for file in made.manifest.files:
            place = fresh / file.path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(made.content(file))
            place.chmod(file.mode)
        (fresh / MANIFEST).write_bytes(made.manifest.to_json())
        if made.manifest.target is Target.LAMBDA:
            (fresh / ARCHIVE).write_bytes(archive(made))
        fresh.chmod(0o755)
        shutil.rmtree(out, ignore_errors=True)
        fresh.rename(out)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


@contextmanager
def _scratch() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="dexto-build-") as folder:
        yield Path(folder).resolve()


@dataclass(frozen=True, slots=True)
class _Spoken:
    """Progress of a build without a platform: its lines, and nobody who cancels it."""

    say: Callable[[str], None]

    def step(self, _name: str) -> AbstractContextManager[None]:
        return nullcontext()

    def line(self, text: str) -> None:
        self.say(text)

    def check(self) -> None:
        return None
