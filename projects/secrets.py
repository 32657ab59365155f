"""Envelope encryption: each value under a key of its own, that key under one of the installation's.

The team, the version's id and whether it is plain are authenticated with both, so that no row can be put in
another's place, and none that is secret be made to look plain.
"""

from __future__ import annotations

import os
from base64 import b64decode, b64encode
from uuid import uuid4

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from core.errors import PlatformError, UserError
from projects.models import SecretVersion, Team

_NONCE_BYTES = 12


def seal(team: Team, value: str, *, is_secret: bool = True) -> SecretVersion:
    """A new, immutable version. The value itself is nowhere kept."""
    key_id, installation_key = first_key()
    version = SecretVersion(team=team, public_id=uuid4(), key_id=key_id, is_secret=is_secret)
    data_key, context = AESGCM.generate_key(bit_length=256), _context(version)
    version.wrapped_key = _encrypt(installation_key, data_key, context)
    version.ciphertext = _encrypt(data_key, value.encode(), context)
    version.save(force_insert=True)
    return version


def unseal(version: SecretVersion) -> str:
    """The value. Raises UserError when it was revoked, PlatformError when its key is gone or it was tampered with."""
    if version.revoked_at is not None:
        raise UserError("secret_revoked", "A value that this needs was revoked.", "Set the variable anew and redeploy.")
    data_key = _data_key(version)
    try:
        return _decrypt(data_key, bytes(version.ciphertext), _context(version)).decode()
    except InvalidTag as error:
        raise _unreadable() from error


def locked(value: str, *, purpose: str) -> str:
    """For where there is no row to keep it in, such as a session: under the installation's first key itself."""
    key_id, key = first_key()
    return f"{key_id}:{b64encode(_encrypt(key, value.encode(), purpose.encode())).decode()}"


def unlocked(text: str, *, purpose: str) -> str | None:
    """None once the key is gone, and for what was locked for another purpose."""
    key_id, _, encoded = text.partition(":")
    key = settings.ENCRYPTION_KEYS.get(key_id)
    if key is None:
        return None
    try:
        return _decrypt(key, b64decode(encoded), purpose.encode()).decode()
    except (InvalidTag, ValueError):
        return None


def shown(version: SecretVersion) -> str | None:
    """What pages and the API may show: a plain value, and None of a secret or revoked one."""
    return None if version.is_secret or version.revoked_at else unseal(version)


def first_key() -> tuple[str, bytes]:
    """The installation's key that wraps whatever is sealed from now on, with its id."""
    return next(iter(settings.ENCRYPTION_KEYS.items()))


def rewrapped(version: SecretVersion) -> SecretVersion:
    """The row with the value's key under the installation's first key, not saved; the value is not touched.
    Raises PlatformError encryption_key_missing and secret_unreadable."""
    data_key, (version.key_id, installation_key) = _data_key(version), first_key()
    version.wrapped_key = _encrypt(installation_key, data_key, _context(version))
    return version


def _data_key(version: SecretVersion) -> bytes:
    key = settings.ENCRYPTION_KEYS.get(version.key_id)
    if key is None:
        raise PlatformError(
            "encryption_key_missing",
            f"The encryption key {version.key_id} is not configured.",
            "Add it to DEXTO_ENCRYPTION_KEYS again; keys may only be removed after re-encryption.",
        )
    try:
        return _decrypt(key, bytes(version.wrapped_key), _context(version))
    except InvalidTag as error:
        raise _unreadable() from error


def _unreadable() -> PlatformError:
    return PlatformError(
        "secret_unreadable",
        "A stored value does not decrypt.",
        "Restore the row from a backup, or set it anew.",
    )


def _context(version: SecretVersion) -> bytes:
    kind = "" if version.is_secret else "plain:"
    return f"dexto:{kind}{version.team_id}:{version.public_id.hex}".encode()


def _encrypt(key: bytes, value: bytes, context: bytes) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, value, context)


def _decrypt(key: bytes, value: bytes, context: bytes) -> bytes:
    return AESGCM(key).decrypt(value[:_NONCE_BYTES], value[_NONCE_BYTES:], context)
