"""Carries out the operation `build`: from a leased row to a bundle, with everything written under the fence."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from django.conf import settings
from django.db.models import QuerySet
from django.db.models.functions import Coalesce, Now

from builds import tools, upload
from builds.access_record import AccessRecord
from builds.blobs import TeamBlobs
from builds.bundle import MadeBundle, Manifest
from builds.confined import Confined
from builds.ending import DECLARED, STARTED, end, only
from builds.keys import build_key
from builds.loaders.audited import AuditedLoader
from builds.models import BUILD_STATES, Build, BuildStatus, Bundle, Trust
from builds.project_loader import project_loader
from builds.recorder import Recorder
from builds.rejection import ProjectInvalidError
from builds.runner.checkout import Limits
from builds.runner.declaring import Declared
from builds.runner.director import BuildResult, BuildSpec, Stores, Watch, build
from builds.runner.ignoring import Ignore
from builds.sandbox.contract import Limits as SandboxLimits
from builds.sandboxes import build_sandbox
from builds.sources import source_of
from builds.storage import object_store
from builds.sweeping import sweep_work
from builds.toolchain import toolchain
from core.targets import Target
from projects import outbox
from projects.leases import Lease


def run(lease: Lease) -> None:
    sweep_work(Path(settings.DATA_DIR))
    row: Build = Build.objects.select_related("project__repository__installation", "team", "stream").get(
        pk=lease.subject_id
    )
    recorder = Recorder(row.stream, lease)
    with lease.transaction():
        BUILD_STATES.move(only(row), to=BuildStatus.RUNNING, started_at=Coalesce("started_at", Now()))
        outbox.record(row.team, STARTED, build=row.pk)
    accesses = AccessRecord()
    try:
        result = build(_specification(row, accesses), _stores(row, recorder, lease), recorder)
    except ProjectInvalidError as error:
        with lease.transaction():
            only(row).update(findings=[finding.as_dict() for finding in error.findings])
        raise
    finally:
        recorder.flush()
        accesses.write(row.team)
    with lease.finishing():
        _keep_result(row, result)


def _specification(row: Build, accesses: AccessRecord) -> BuildSpec:
    data = Path(settings.DATA_DIR)
    return BuildSpec(
        source=source_of(row.project.repository),
        commit_sha=row.commit_sha,
        root=row.project.root,
        target=Target(row.target),
        mirror=data / "mirrors" / f"{row.project.repository_id}.git",
        work=_made(data / "work"),
        limits=_limits(),
        toolchain=toolchain(),
        watch=_watch(row),
        ignore=_ignore(row),
        sandbox=Confined(build_sandbox().sandbox, _build_limits()),
        loader=lambda: AuditedLoader(project_loader(row), f"build {row.pk}", accesses),
        packages=tools.packages(data / "packages"),
        fresh=row.fresh,
    )


def _build_limits() -> SandboxLimits:
    return SandboxLimits(memory_bytes=settings.BUILD_MEMORY_BYTES, disk_bytes=settings.BUILD_DISK_BYTES)


def _watch(row: Build) -> Watch | None:
    patterns = row.project.watch_paths
    return Watch(row.deployed_sha, tuple(patterns)) if patterns and row.deployed_sha else None


def _ignore(row: Build) -> Ignore | None:
    if not row.ignore_command:
        return None
    told = {"DEXTO_COMMIT": row.commit_sha, "DEXTO_BRANCH": row.ref.removeprefix("refs/heads/")}
    return Ignore(row.ignore_command, settings.IGNORE_SECONDS, {**told, "DEXTO_DEPLOYED_COMMIT": row.deployed_sha})


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _limits() -> Limits:
    return Limits(
        fetch_seconds=settings.FETCH_SECONDS,
        file_bytes=settings.MAX_FILE_BYTES,
        project_bytes=settings.MAX_PROJECT_BYTES,
        files=settings.MAX_PROJECT_FILES,
        free_disk_bytes=settings.MIN_FREE_DISK_BYTES,
    )


def _stores(row: Build, recorder: Recorder, lease: Lease) -> Stores[Bundle]:
    def reusable(tree_sha: str, fetched: str) -> Bundle | None:
        if row.fresh:
            return None
        found = Bundle.objects.filter(project=row.project, key=_key(row, tree_sha, fetched))
        return found.first() if found.update(used_at=Now()) else None

    def keep(made: MadeBundle) -> str:
        index = TeamBlobs(row.team)
        return upload.store(made, object_store(), index, scope=str(row.team_id), progress=recorder)

    def declares(found: Declared) -> None:
        if found.wrong:
            recorder.line(f"warning: the destinations stay as they are: {found.wrong}")
            return
        destinations = [one.model_dump(by_alias=True) for one in found.destinations]
        with lease.transaction():
            outbox.record(row.team, DECLARED, build=row.pk, destinations=destinations)

    return Stores(reusable, keep, declares if _may_declare(row) else None)


def _may_declare(row: Build) -> bool:
    """Only what is on the production branch says where a project goes: a branch counts once it is merged."""
    return row.trust == Trust.OWN and row.ref == f"refs/heads/{row.project.production_branch}"


def _key(row: Build, tree_sha: str, fetched: str) -> str:
    return build_key(
        project_id=row.project_id,
        tree_sha=tree_sha,
        root=row.project.root,
        target=row.target,
        configuration="",
        trust=row.trust,
        toolchain=toolchain().version,
        fetched=fetched,
    )


def _keep_result(row: Build, result: BuildResult[Bundle]) -> None:
    if result.skipped:
        end(row, BuildStatus.SKIPPED, reason=result.skipped, tree_sha=result.tree_sha)
        return
    bundle = result.reused or _keep_bundle(row, result)
    end(
        row,
        BuildStatus.READY,
        bundle=bundle,
        tree_sha=result.tree_sha,
        reused=result.reused is not None,
        findings=bundle.findings if result.reused else [finding.as_dict() for finding in result.findings],
    )


def _keep_bundle(row: Build, result: BuildResult[Bundle]) -> Bundle:
    manifest = result.manifest
    if not isinstance(manifest, Manifest):
        raise TypeError("a build ends with a manifest or with a bundle to use again")
    key = _key(row, result.tree_sha, result.fetched)
    if row.fresh:
        _make_way(Bundle.objects.filter(project=row.project, key=key).exclude(digest=manifest.digest))
    bundle, _created = Bundle.objects.get_or_create(
        project=row.project,
        key=key,
        defaults={
            "team": row.team,
            "target": manifest.target.value,
            "digest": manifest.digest,
            "manifest_key": result.manifest_key,
            "entry": manifest.entry,
            "size": manifest.size,
            "file_count": len(manifest.files),
            "findings": [finding.as_dict() for finding in result.findings],
            "outline": dict(result.outline),
            "required_variables": list(manifest.required_variables),
        },
    )
    return bundle


def _make_way(others: QuerySet[Bundle]) -> None:
    """What was built anew and came out otherwise is taken from now on; deployments of the earlier one keep that."""
    for bundle in others:
        Bundle.objects.filter(pk=bundle.pk).update(key=sha256(f"made way: {bundle.pk}".encode()).hexdigest())
