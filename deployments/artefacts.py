"""What vendors fetch that take no upload: the bundle of a deployment as one file, and the token that admits to it."""

from __future__ import annotations

import secrets
from hashlib import sha256
from typing import Final

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from builds.archiving import tar_gz
from builds.models import Bundle, BundleArchive
from builds.storage import object_store, public_store
from core.errors import PlatformError, UserError
from deployments.cloud.content import StoredBundle
from deployments.models import ArtefactToken, Deployment
from deployments.platforms.cloud import Artefact
from projects.models import SecretVersion
from projects.secrets import seal, unseal
from projects.tokens import PREFIX

#: Each fetch gets an address of its own, which it uses at once.
_ADDRESS_SECONDS: Final = 300


def artefact_of(deployment: Deployment) -> Artefact:
    """The same each time, until its token is revoked. Raises UserError bundle_expired."""
    if deployment.bundle is None:
        raise UserError("bundle_expired", "Its bundle is no longer kept.", "Redeploy its commit instead.")
    archive = archive_of(deployment.bundle)
    url = f"{settings.PUBLIC_URL}/artefacts/{deployment.public_id}"
    return Artefact(url, archive.sha256, archive.size, _token_of(deployment))


def admitted(public_id: str, token: str) -> Deployment | None:
    """The deployment whose bundle the token is for; None where it is for another one, or revoked."""
    rows = ArtefactToken.objects.filter(sha256=_digest(token), revoked_at=None, deployment__public_id=public_id)
    found = rows.select_related("deployment__bundle", "deployment__team").first()
    return found.deployment if found else None


def revoke(deployment: Deployment) -> None:
    """What fetched before runs on; a start of it will not be able to."""
    living = ArtefactToken.objects.filter(deployment=deployment, revoked_at=None)
    with transaction.atomic():
        SecretVersion.objects.filter(pk__in=living.values("version")).update(revoked_at=Now())
        living.update(revoked_at=Now())


def archive_of(bundle: Bundle) -> BundleArchive:
    """Packed by whoever asks first; from then on its object is what is handed out. Raises PlatformError."""
    known: BundleArchive | None = BundleArchive.objects.filter(bundle=bundle).first()
    if known and object_store().exists(known.object_key):
        return known
    content = tar_gz(StoredBundle.of(bundle))
    digest = sha256(content).hexdigest()
    if known and known.sha256 != digest:
        raise _lost(known)
    key = known.object_key if known else _own_key(bundle, digest)
    object_store().put(key, content, content_type="application/gzip")
    return known or _kept(bundle, digest, len(content), key)


def public_address(archive: BundleArchive) -> str:
    """A fresh one, signed by the store; "" where the internet does not reach that, and we hand it out ourselves."""
    store = public_store()
    return store.address(archive.object_key, seconds=_ADDRESS_SECONDS) if store else ""


def content_of(archive: BundleArchive) -> bytes:
    return object_store().get(archive.object_key)


def _token_of(deployment: Deployment) -> str:
    rows = ArtefactToken.objects.filter(deployment=deployment, revoked_at=None).select_related("version")
    if known := rows.order_by("pk").first():
        return unseal(known.version)
    text = PREFIX + secrets.token_urlsafe(32)
    with transaction.atomic():
        version = seal(deployment.team, text)
        ArtefactToken.objects.create(team=deployment.team, deployment=deployment, sha256=_digest(text), version=version)
    return text


def _kept(bundle: Bundle, digest: str, size: int, key: str) -> BundleArchive:
    """Of two that pack at once the first is kept; a sweep finds the other's object."""
    try:
        with transaction.atomic():
            made: BundleArchive = BundleArchive.objects.create(
                team=bundle.team, bundle=bundle, sha256=digest, size=size, object_key=key
            )
    except IntegrityError:
        made = BundleArchive.objects.get(bundle=bundle)
    return made


def _own_key(bundle: Bundle, digest: str) -> str:
    """No two uploads share a key: what a sweep removes is never what somebody just wrote."""
    return f"archives/{bundle.team_id}/{digest}-{secrets.token_hex(4)}"


def _digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def _lost(archive: BundleArchive) -> PlatformError:
    return PlatformError(
        "bundle_corrupt",
        f"The object {archive.object_key} is gone, and packing its bundle anew gives other bytes.",
        "Restore the object from a backup, or redeploy.",
    )
