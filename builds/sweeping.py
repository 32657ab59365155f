"""Mark and sweep of what builds leave behind: bundles that nothing uses, blobs that no manifest names, old logs.

A blob goes only when no manifest of its team names it and no build has looked at it for the grace period, which is
longer than the longest build: one that found it there may still be about to name it.
"""

from __future__ import annotations

import shutil
import time
from datetime import timedelta
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db.models import QuerySet
from django.db.models.functions import Now

from builds.bundle import Manifest
from builds.models import Blob, Bundle, BundleArchive, LogBatch, LogStream, Orphan
from builds.runner.checkout import remove_unused
from builds.storage import object_store
from projects.models import Team

_AT_ONCE: Final = 500


def sweep_blobs(team: Team) -> int:
    """Bytes that were freed. Rows first: what a crash leaves in the store is `sweep_orphans`' to find."""
    marked = _marked(team)
    unused = Blob.objects.for_team(team).filter(used_at__lt=Now() - _grace())
    freed = 0
    for blob in unused.only("pk", "sha256", "size", "object_key").iterator(chunk_size=_AT_ONCE):
        if blob.sha256 in marked:
            continue
        gone, _details = Blob.objects.filter(pk=blob.pk, used_at__lt=Now() - _grace()).delete()
        if gone:
            freed += blob.size
            _drop_object(team, blob.object_key)
    return freed


def sweep_orphans(team: Team) -> int:
    """Objects of ours that no row knows, such as a sweep or an upload leaves that was cut short."""
    keys = {key for prefix in ("blobs", "bundles", "archives") for key in object_store().keys(f"{prefix}/{team.pk}/")}
    unknown = keys - _known_keys(team)
    Orphan.objects.for_team(team).exclude(object_key__in=unknown).delete()
    Orphan.objects.bulk_create([Orphan(team=team, object_key=key) for key in unknown], ignore_conflicts=True)
    old = Orphan.objects.for_team(team).filter(seen_at__lt=Now() - _grace())
    for orphan in old:
        object_store().delete(orphan.object_key)
    return old.count()


def sweep_bundles(team: Team) -> int:
    """Those that no deployment has any more and that are too old to be found again by a build."""
    old = Bundle.objects.for_team(team).filter(
        deployments=None, used_at__lt=Now() - timedelta(days=settings.BUILD_CACHE_DAYS)
    )
    removed = 0
    for bundle in old.only("pk", "manifest_key"):
        keys = [bundle.manifest_key, *_archives(team).filter(bundle=bundle).values_list("object_key", flat=True)]
        deleted, _details = old.filter(pk=bundle.pk).delete()
        if deleted:
            for key in keys:
                object_store().delete(key)
            removed += 1
    return removed


def sweep_logs(team: Team) -> int:
    """Streams that ended long ago lose their lines; their rows stay, and say so."""
    old = LogStream.objects.for_team(team).filter(ended_at__lt=Now() - timedelta(days=settings.LOG_DAYS), expired=False)
    removed = 0
    for stream in old.only("pk", "object_key")[:_AT_ONCE]:
        if stream.object_key:
            object_store().delete(stream.object_key)
        LogBatch.objects.filter(stream=stream).delete()
        removed += LogStream.objects.filter(pk=stream.pk).update(expired=True, object_key="", next_sequence=0)
    return removed


def sweep_work(data: Path) -> int:
    """Of this machine: scratch folders of builds that died, mirrors that no build has used for long. Ours by name."""
    removed = remove_unused(data / "mirrors", seconds=settings.MIRROR_DAYS * 86_400)
    for scratch in (data / "work").glob("build-*"):
        if time.time() - scratch.stat().st_mtime > settings.BUILD_SECONDS * 4:
            shutil.rmtree(scratch, ignore_errors=True)
            removed += 1
    return removed


def _archives(team: Team) -> QuerySet[BundleArchive]:
    rows: QuerySet[BundleArchive] = BundleArchive.objects.for_team(team)
    return rows


def _grace() -> timedelta:
    return timedelta(seconds=max(settings.BLOB_GRACE_SECONDS, settings.BUILD_SECONDS * 2))


def _marked(team: Team) -> set[str]:
    return {
        file.sha256
        for bundle in Bundle.objects.for_team(team).only("manifest_key").iterator(chunk_size=_AT_ONCE)
        for file in _manifest(bundle).files
    }


def _manifest(bundle: Bundle) -> Manifest:
    """Raises what the store raises: without every manifest nothing may be swept."""
    return Manifest.from_json(object_store().get(bundle.manifest_key))


def _drop_object(team: Team, key: str) -> None:
    """A pack goes with the last of its files."""
    if not Blob.objects.for_team(team).filter(object_key=key).exists():
        object_store().delete(key)


def _known_keys(team: Team) -> set[str]:
    blobs = Blob.objects.for_team(team).values_list("object_key", flat=True).distinct()
    manifests = Bundle.objects.for_team(team).values_list("manifest_key", flat=True)
    archives = _archives(team).values_list("object_key", flat=True)
    return {*blobs, *manifests, *archives}
