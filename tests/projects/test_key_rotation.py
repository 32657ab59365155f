"""Rotation: values stay readable at every moment, an interrupted one goes on, and what is missing is named."""

from __future__ import annotations

import os
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from core.errors import PlatformError
from projects import key_rotation, secrets
from projects.models import SecretVersion
from tests import factories

pytestmark = pytest.mark.django_db


def sealed(count: int) -> dict[int, str]:
    team = factories.team()
    return {secrets.seal(team, f"value-{number}").pk: f"value-{number}" for number in range(count)}


def readable() -> dict[int, str]:
    return {version.pk: secrets.unseal(version) for version in SecretVersion.objects.all()}


def with_new_first_key(settings: Any, key_id: str = "new") -> None:
    settings.ENCRYPTION_KEYS = {key_id: os.urandom(32), **settings.ENCRYPTION_KEYS}


def test_values_are_readable_before_and_after_and_without_the_old_key(settings: Any) -> None:
    values = sealed(7)
    with_new_first_key(settings)
    assert readable() == values
    assert sum(key_rotation.rotate(batch=3)) == 7
    assert readable() == values
    settings.ENCRYPTION_KEYS = {"new": settings.ENCRYPTION_KEYS["new"]}
    assert readable() == values


def test_the_values_themselves_are_not_touched(settings: Any) -> None:
    sealed(2)
    before = {pk: bytes(one) for pk, one in SecretVersion.objects.values_list("pk", "ciphertext")}
    with_new_first_key(settings)
    list(key_rotation.rotate())
    assert {pk: bytes(one) for pk, one in SecretVersion.objects.values_list("pk", "ciphertext")} == before


def test_an_interrupted_rotation_goes_on_where_it_ended(settings: Any) -> None:
    values = sealed(5)
    with_new_first_key(settings)
    assert next(key_rotation.rotate(batch=2)) == 2
    assert SecretVersion.objects.filter(key_id="new").count() == 2
    assert readable() == values
    assert list(key_rotation.rotate(batch=2)) == [2, 1]
    assert readable() == values
    assert list(key_rotation.rotate()) == []


def test_what_may_be_removed_is_said_only_once_nothing_needs_it(settings: Any) -> None:
    sealed(3)
    (old,) = settings.ENCRYPTION_KEYS
    with_new_first_key(settings)
    assert [(use.key_id, use.values, use.may_be_removed) for use in key_rotation.uses()] == [
        ("new", 0, False),
        (old, 3, False),
    ]
    list(key_rotation.rotate())
    assert [(use.key_id, use.values, use.may_be_removed) for use in key_rotation.uses()] == [
        ("new", 3, False),
        (old, 0, True),
    ]


def test_a_key_that_was_removed_too_early_is_named_and_the_rest_is_rotated(settings: Any) -> None:
    (old,) = settings.ENCRYPTION_KEYS
    values = sealed(2)
    with_new_first_key(settings)
    lost, *_others = values
    SecretVersion.objects.filter(pk=lost).update(key_id="removed")
    with pytest.raises(PlatformError, match="removed") as caught:
        list(key_rotation.rotate())
    assert caught.value.code == "encryption_key_missing"
    assert not SecretVersion.objects.filter(key_id=old).exists()
    assert [(use.key_id, use.values) for use in key_rotation.uses() if not use.is_configured] == [("removed", 1)]


def test_one_value_that_does_not_decrypt_keeps_no_other_under_the_old_key(settings: Any) -> None:
    (old,) = settings.ENCRYPTION_KEYS
    broken, *others = sealed(5)
    SecretVersion.objects.filter(pk=broken).update(wrapped_key=b"x" * 60)
    with_new_first_key(settings)
    with pytest.raises(PlatformError) as caught:
        list(key_rotation.rotate(batch=2))
    assert caught.value.code == "secret_unreadable"
    assert list(SecretVersion.objects.filter(key_id=old).values_list("pk", flat=True)) == [broken]
    assert set(SecretVersion.objects.filter(key_id="new").values_list("pk", flat=True)) == set(others)


def test_the_command_says_what_each_key_is_for(settings: Any) -> None:
    sealed(1)
    with_new_first_key(settings)
    said = StringIO()
    call_command("keys", "rotate", stdout=said, stderr=StringIO())
    first, second = said.getvalue().splitlines()
    assert first.split() == ["new", "1", "values", "encrypts"]
    assert second.endswith("0 values  may be removed")


def test_the_command_ends_with_the_named_error(settings: Any) -> None:
    sealed(1)
    SecretVersion.objects.update(key_id="removed")
    with pytest.raises(PlatformError, match=r"removed, which is not configured\."):
        call_command("keys", "rotate", stdout=StringIO(), stderr=StringIO())
