"""The command loads no Django, so it has words of its own: they are those of the platform."""

from __future__ import annotations

from enum import StrEnum

import pytest
from django.db.models import TextChoices

from cli import words
from deployments.models import TargetKind
from projects.models import Environment, Role
from projects.tokens import Scope


@pytest.mark.parametrize(
    ("typed", "known"),
    [
        (words.EnvironmentName, Environment),
        (words.RoleName, Role),
        (words.ScopeName, Scope),
        (words.NotificationKind, TargetKind),
    ],
)
def test_what_may_be_typed_is_what_there_is(typed: type[StrEnum], known: type[StrEnum | TextChoices]) -> None:
    assert {one.value for one in typed} == {one.value for one in known}
