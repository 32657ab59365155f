"""What a release sends to Vercel: the bundle's files by their SHA-1, those that are there already left out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from builds.bundlers.placing import OBJECTS
from builds.bundlers.vercel import FUNCTION
from builds.runner.progress import Progress
from clients.vercel import Vercel, VercelDeployment
from core.config.base import KEBAB, Model
from deployments.platforms.cloud import BundleContent, Release

_LAUNCHER = f"{FUNCTION}/.vc-config.json"


class VercelConfig(Model):
    """`config` of a destination on Vercel."""

    name: Annotated[str, Field(pattern=KEBAB, max_length=100)] | None = None
    regions: Annotated[list[str], Field(min_length=1, max_length=20)] | None = None
    max_duration: Annotated[int, Field(ge=1, le=800)] | None = None
    memory: Annotated[int, Field(ge=128, le=4096)] | None = None


@dataclass(frozen=True, slots=True)
class SentFile:
    """`size` is bytes; the content is read when it is sent, and not before."""

    path: str
    sha1: str
    size: int
    read: Callable[[], bytes]


def files_of(bundle: BundleContent, config: VercelConfig) -> Iterator[SentFile]:
    """What the destination says of the function is set in its launcher's file: that is the vendor's place for it."""
    launcher = config.model_dump(by_alias=True, exclude_none=True, exclude={"name"})
    for file in bundle.manifest.files:
        if file.path.startswith(OBJECTS):
            continue
        content = bundle.content(file)
        if file.path == _LAUNCHER and launcher:
            content = _changed(content, launcher)
            yield SentFile(file.path, _sha1(content), len(content), lambda content=content: content)  # type: ignore[misc]
        else:
            yield SentFile(file.path, _sha1(content), file.size, lambda file=file: bundle.content(file))  # type: ignore[misc]


def deploy(api: Vercel, release: Release, project: str, files: list[SentFile], progress: Progress) -> VercelDeployment:
    """Asks first: Vercel says what it has not. A file that is lost between is sent once more."""
    body = _body(release, project, files)
    by_sha1 = {file.sha1: file for file in files}
    made = api.deploy(body)
    while not isinstance(made, VercelDeployment):
        size = sum(by_sha1[sha1].size for sha1 in made)
        progress.line(f"Uploading {len(made)} of {len(by_sha1)} files, {size:,} bytes.")
        for sha1 in made:
            progress.check()
            api.upload(by_sha1[sha1].read(), sha1)
        made = api.deploy(body)
    return made


def _body(release: Release, project: str, files: list[SentFile]) -> dict[str, object]:
    """Variables go with the deployment, and are its own for as long as it exists: a rollback brings them back."""
    source = release.source
    git = {"remoteUrl": source.repository_url, "commitRef": source.branch, "commitSha": source.sha}
    return {
        "name": project,
        "project": project,
        "target": "production",
        "files": [{"file": file.path, "sha": file.sha1, "size": file.size} for file in files],
        "env": dict(release.variables),
        "meta": {DEPLOYMENT_META: release.deployment},
        "gitMetadata": {name: value for name, value in git.items() if value},
    }


def _changed(content: bytes, launcher: dict[str, object]) -> bytes:
    return (json.dumps({**json.loads(content), **launcher}, indent=2) + "\n").encode()


def _sha1(content: bytes) -> str:
    return hashlib.sha1(content, usedforsecurity=False).hexdigest()


#: Under which a deployment at Vercel says which of ours it is.
DEPLOYMENT_META = "dextoDeployment"
