"""Takes in a bundle that was made elsewhere: which of its content is missing, that content, and then the bundle."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from hashlib import sha256

from django.conf import settings
from django.db.models.functions import Now

from builds.blobs import TeamBlobs
from builds.bundle import Manifest
from builds.models import Blob, Bundle
from builds.storage import object_store
from builds.upload import BlobPlace, manifest_key
from builds.uploaded import UploadedBundle, UploadLimits
from core.errors import UserError
from projects.models import Project, Team


def limits() -> UploadLimits:
    """What a push may have, too."""
    return UploadLimits(settings.MAX_FILE_BYTES, settings.MAX_PROJECT_BYTES, settings.MAX_PROJECT_FILES)


def missing(team: Team, manifest: Manifest) -> list[str]:
    """Digests, in the bundle's order, that the team's store does not have. What it has is kept for a day from now."""
    digests = dict.fromkeys(file.sha256 for file in manifest.files)
    known = TeamBlobs(team).known(digests)
    return [digest for digest in digests if digest not in known]


def take(team: Team, contents: Mapping[str, bytes]) -> None:
    """Stores contents, each called by its digest. Raises UserError blob_mismatch, and quota_stored_bytes."""
    for digest, content in contents.items():
        if sha256(content).hexdigest() != digest:
            raise UserError(
                "blob_mismatch",
                f"What was sent as {digest[:12]} is something else.",
                "Send it again; it may have been cut on the way.",
            )
    index = TeamBlobs(team)
    known = index.known(contents)
    new = {digest: content for digest, content in contents.items() if digest not in known}
    if not new:
        return
    index.require_room(sum(map(len, new.values())))  # before it is stored: what is refused leaves nothing
    body = b"".join(new.values())
    key = f"blobs/{team.pk}/{sha256(body).hexdigest()}-{secrets.token_hex(4)}"
    object_store().put(key, body)
    places, offset = {}, 0
    for digest, content in new.items():
        places[digest] = BlobPlace(key, offset, len(content))
        offset += len(content)
    index.add(places)


def keep(project: Project, uploaded: UploadedBundle) -> Bundle:
    """The one bundle of the project with this content, new or old. Raises UserError blobs_missing."""
    manifest = uploaded.manifest
    _require_content(project.team, manifest)
    found = Bundle.objects.filter(project=project, key=_key(manifest))
    if found.update(used_at=Now()):
        kept: Bundle = found.get()
        return kept
    place = manifest_key(str(project.team_id), manifest.digest)
    object_store().put(place, manifest.to_json(), content_type="application/json")
    bundle, _created = Bundle.objects.get_or_create(
        project=project,
        key=_key(manifest),
        defaults={
            "team": project.team,
            "target": manifest.target.value,
            "digest": manifest.digest,
            "manifest_key": place,
            "entry": manifest.entry,
            "size": manifest.size,
            "file_count": len(manifest.files),
            "findings": [finding.as_dict() for finding in uploaded.findings],
            "outline": dict(uploaded.outline),
            "required_variables": list(manifest.required_variables),
        },
    )
    return bundle


def _require_content(team: Team, manifest: Manifest) -> None:
    if absent := missing(team, manifest):
        raise UserError(
            "blobs_missing",
            f"{len(absent)} of the bundle's contents are not here, {absent[0][:12]} among them.",
            "Ask which are missing, send those, and then ask for the deployment again.",
        )
    wanted = {file.sha256: file.size for file in manifest.files}
    rows = Blob.objects.for_team(team).filter(sha256__in=wanted)
    if any(wanted[digest] != size for digest, size in rows.values_list("sha256", "size")):
        raise UserError(
            "blob_mismatch", "A file of the bundle has another size than it says.", "Make the bundle anew, and send it."
        )


def _key(manifest: Manifest) -> str:
    """Never that of a build: what was made elsewhere is not used again for a commit."""
    return sha256(json.dumps(["uploaded", manifest.digest]).encode()).hexdigest()
