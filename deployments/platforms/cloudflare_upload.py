"""A bundle as Cloudflare takes it: its modules, and the metadata that binds them for one release."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, Final

from builds.bundle import BundleFile
from builds.bundlers.cloudflare import CONFIGURATION
from builds.bundlers.placing import OBJECTS
from clients.cloudflare_workers import Module, Script, Upload
from core.errors import UserError
from deployments.platforms.cloud import BundleContent, Release
from deployments.platforms.cloudflare_place import Place

#: By the ending of a module's name; every other one is bytes.
_TYPES: Final = {
    ".js": "application/javascript+module",
    ".mjs": "application/javascript+module",
    ".wasm": "application/wasm",
    ".map": "application/source-map",
    ".txt": "text/plain",
    ".md": "text/plain",
    ".html": "text/plain",
}
_LONGEST_MESSAGE: Final = 100


def version_upload(place: Place, release: Release) -> Upload:
    """Code and bindings, and nothing that belongs to the Worker itself: what a version holds."""
    return Upload(_versioned(place, release), tuple(_modules(release.bundle)))


def whole_upload(place: Place, release: Release, script: Script | None) -> Upload:
    """The Worker itself too: its tags, its limits, and the migrations that it has not had."""
    wrangler = wrangler_of(release.bundle)
    migrations = pending_migrations(wrangler, script.migration if script else "")
    metadata = {
        **_versioned(place, release),
        "tags": [place.service.mark, f"deployment:{release.deployment}"],
        "observability": wrangler.get("observability", {"enabled": True}),
        **({"migrations": migrations} if migrations else {}),
        **({"limits": {"cpu_ms": place.config.cpu_ms}} if place.config.cpu_ms else {}),
    }
    return Upload(metadata, tuple(_modules(release.bundle)))


def wrangler_of(bundle: BundleContent) -> Mapping[str, Any]:
    file = next(file for file in bundle.manifest.files if file.path == CONFIGURATION)
    found: Mapping[str, Any] = json.loads(bundle.content(file))
    return found


def migration_tag(bundle: BundleContent) -> str:
    """Of the last migration that a Worker has had once it runs the bundle."""
    tags = _tags(wrangler_of(bundle))
    return tags[-1] if tags else ""


def pending_migrations(wrangler: Mapping[str, Any], had: str) -> dict[str, object] | None:
    """The steps after the one that the Worker had last, None where it had all. Raises UserError rollback_refused where
    the bundle does not know that one: the Worker's objects are ahead of it."""
    tags = _tags(wrangler)
    if had and had not in tags:
        raise behind(had)
    following: Sequence[Mapping[str, Any]] = wrangler.get("migrations", [])[tags.index(had) + 1 if had else 0 :]
    if not following:
        return None
    steps = [{key: value for key, value in one.items() if key != "tag"} for one in following]
    return {**({"old_tag": had} if had else {}), "new_tag": tags[-1], "steps": steps}


def behind(tag: str) -> UserError:
    return UserError(
        "rollback_refused",
        f"The Worker's Durable Objects have had the migration {tag}, which the bundle does not know.",
        "Fix forward: deploy a commit that keeps it.",
    )


def _versioned(place: Place, release: Release) -> dict[str, object]:
    wrangler = wrangler_of(release.bundle)
    return {
        "main_module": wrangler["main"],
        "compatibility_date": wrangler["compatibility_date"],
        "compatibility_flags": wrangler["compatibility_flags"],
        "bindings": list(_bindings(place, release, wrangler)),
        # Variables are the installation's: what a release does not name is gone, whoever set it.
        "keep_bindings": [],
        "annotations": dict(_annotations(release)),
    }


def _bindings(place: Place, release: Release, wrangler: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    for one in wrangler.get("durable_objects", {}).get("bindings", []):
        yield {"type": "durable_object_namespace", "name": one["name"], "class_name": one["class_name"]}
    for one in wrangler.get("r2_buckets", []):
        yield {"type": "r2_bucket", "name": one["binding"], "bucket_name": place.bucket}
    for name, value in sorted(release.variables.items()):
        kind = "secret_text" if name in release.secrets else "plain_text"
        yield {"type": kind, "name": name, "text": value}
    for name in place.config.keeps:
        yield {"type": "inherit", "name": name}


def _annotations(release: Release) -> Iterator[tuple[str, str]]:
    """By its tag a version is found again, when its answer was lost."""
    source = release.source
    yield "workers/tag", release.deployment
    yield "workers/message", f"{source.branch} {source.sha}".strip()[:_LONGEST_MESSAGE] or release.deployment
    if source.sha:
        yield "workers/commit_sha", source.sha
    if source.repository_url:
        yield "workers/repository_url", source.repository_url
    if source.pull_request:
        yield "workers/pull_request_number", str(source.pull_request)


def _modules(bundle: BundleContent) -> Iterator[Module]:
    for file in bundle.manifest.files:
        if file.path != CONFIGURATION and not file.path.startswith(OBJECTS):
            yield Module(file.path, _type(file), bundle.content(file))


def _type(file: BundleFile) -> str:
    return _TYPES.get(PurePosixPath(file.path).suffix, "application/octet-stream")


def _tags(wrangler: Mapping[str, Any]) -> list[str]:
    return [str(one["tag"]) for one in wrangler.get("migrations", [])]
