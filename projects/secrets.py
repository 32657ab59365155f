"""Envelope encryption: each value under a key of its own, that key under one of the installation's.

The team and the version's id are authenticated with both, so that no row can be put in another's place.
"""

from __future__ import annotations

import os
from uuid import uuid4

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from core.errors import PlatformError, UserError
from projects.models import SecretVersion, Team

_NONCE_BYTES = 12


def seal(team: Team, value: str) -> SecretVersion:
    """A new, immutable version. The value itself is nowhere kept."""
    public_id = uuid4()
    context = _context(team.pk, public_id.hex)
    data_key = AESGCM.generate_key(bit_length=256)
    key_id, installation_key = next(iter(settings.ENCRYPTION_KEYS.items()))
    return SecretVersion.objects.create(
        team=team,
        public_id=public_id,
        key_id=key_id,
        wrapped_key=_encrypt(installation_key, data_key, context),
        ciphertext=_encrypt(data_key, value.encode(), context),
    )


def unseal(version: SecretVersion) -> str:
    """The value. Raises UserError when it was revoked, PlatformError when its key is gone or it was tampered with."""
    if version.revoked_at is not None:
        raise UserError("secret_revoked", "A value that this needs was revoked.", "Set the variable anew and redeploy.")
    key = settings.ENCRYPTION_KEYS.get(version.key_id)
    if key is None:
        raise PlatformError(
            "encryption_key_missing",
            f"The encryption key {version.key_id} is not configured.",
            "Add it to DEXTO_ENCRYPTION_KEYS again; keys may only be removed after re-encryption.",
        )
    context = _context(version.team_id, version.public_id.hex)
    try:
        data_key = _decrypt(key, bytes(version.wrapped_key), context)
        return _decrypt(data_key, bytes(version.ciphertext), context).decode()
    except InvalidTag as error:
        raise PlatformError(
            "secret_unreadable",
            "A stored value does not decrypt.",
            "Restore the row from a backup, or set it anew.",
        ) from error


def rewrap(version: SecretVersion) -> None:
    """Puts the value's key under the installation's first key, without touching the value."""
    context = _context(version.team_id, version.public_id.hex)
    data_key = _decrypt(settings.ENCRYPTION_KEYS[version.key_id], bytes(version.wrapped_key), context)
    key_id, installation_key = next(iter(settings.ENCRYPTION_KEYS.items()))
    SecretVersion.objects.filter(pk=version.pk).update(
        key_id=key_id, wrapped_key=_encrypt(installation_key, data_key, context)
    )


def _context(team_id: int, public_id: str) -> bytes:
    return f"dexto:{team_id}:{public_id}".encode()


def _encrypt(key: bytes, value: bytes, context: bytes) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, value, context)


def _decrypt(key: bytes, value: bytes, context: bytes) -> bytes:
    return AESGCM(key).decrypt(value[:_NONCE_BYTES], value[_NONCE_BYTES:], context)
