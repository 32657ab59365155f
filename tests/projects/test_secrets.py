"""Secrets: what is stored cannot be read, moved or changed without the key."""

from __future__ import annotations

import base64
import os
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as runs
from hypothesis import strategies as st

from core.errors import PlatformError, UserError
from projects import secrets
from projects.models import SecretVersion
from tests import factories

pytestmark = pytest.mark.django_db


@given(value=st.text(st.characters(codec="utf-8"), max_size=2_000))
@runs(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_sealed_comes_back(value: str) -> None:
    version = secrets.seal(factories.team(), value)
    assert secrets.unseal(SecretVersion.objects.get(pk=version.pk)) == value


def test_the_value_is_nowhere_in_the_row() -> None:
    version = secrets.seal(factories.team(), "hunter2-hunter2")
    row = SecretVersion.objects.values_list().get(pk=version.pk)
    assert b"hunter2" not in b"".join(bytes(one) for one in row if isinstance(one, bytes | memoryview))


def test_a_row_cannot_take_another_s_place() -> None:
    mine, theirs = secrets.seal(factories.team(), "mine"), secrets.seal(factories.team(), "theirs")
    mine.ciphertext, mine.wrapped_key = theirs.ciphertext, theirs.wrapped_key
    with pytest.raises(PlatformError) as caught:
        secrets.unseal(mine)
    assert caught.value.code == "secret_unreadable"


def test_a_plain_value_is_encrypted_all_the_same_and_shown() -> None:
    version = secrets.seal(factories.team(), "kind-and-short", is_secret=False)
    assert b"kind" not in bytes(version.ciphertext)
    assert secrets.shown(SecretVersion.objects.get(pk=version.pk)) == "kind-and-short"
    assert secrets.shown(secrets.seal(factories.team(), "hunter2")) is None


def test_a_row_that_is_marked_plain_by_hand_shows_nothing() -> None:
    version = secrets.seal(factories.team(), "hunter2")
    SecretVersion.objects.filter(pk=version.pk).update(is_secret=False)
    with pytest.raises(PlatformError) as caught:
        secrets.shown(SecretVersion.objects.get(pk=version.pk))
    assert caught.value.code == "secret_unreadable"


def test_a_new_key_encrypts_and_the_old_one_still_decrypts(settings: Any) -> None:
    version = secrets.seal(factories.team(), "kept")
    settings.ENCRYPTION_KEYS = {"new": os.urandom(32), **settings.ENCRYPTION_KEYS}
    assert secrets.unseal(version) == "kept"
    secrets.rewrapped(version).save()
    settings.ENCRYPTION_KEYS = {"new": settings.ENCRYPTION_KEYS["new"]}
    assert secrets.unseal(SecretVersion.objects.get(pk=version.pk)) == "kept"


def test_a_key_that_is_gone_is_said(settings: Any) -> None:
    version = secrets.seal(factories.team(), "kept")
    settings.ENCRYPTION_KEYS = {"other": base64.b64decode("A" * 43 + "=")}
    with pytest.raises(PlatformError) as caught:
        secrets.unseal(version)
    assert caught.value.code == "encryption_key_missing"


def test_a_revoked_value_does_not_come_back() -> None:
    version = secrets.seal(factories.team(), "kept")
    version.revoked_at = version.created_at
    with pytest.raises(UserError) as caught:
        secrets.unseal(version)
    assert caught.value.code == "secret_revoked"
