"""Tokens: shown once, never more than their owner may."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from projects import tokens
from projects.models import ApiToken, Membership, Role
from projects.tokens import Scope
from tests import factories

pytestmark = pytest.mark.django_db


def test_the_text_is_not_kept() -> None:
    owner = factories.user()
    text = tokens.mint(factories.team(owner), owner, "laptop", scopes=frozenset({Scope.READ}))
    row = ApiToken.objects.get()
    assert text not in str(row.__dict__)
    assert tokens.find(text) == row
    assert tokens.find(text[:-1]) is None


@pytest.mark.parametrize("field", ["revoked_at", "expires_at"])
def test_a_dead_token_is_unknown(field: str) -> None:
    owner = factories.user()
    text = tokens.mint(factories.team(owner), owner, "laptop", scopes=frozenset(Scope))
    ApiToken.objects.update(**{field: timezone.now() - timedelta(seconds=1)})
    assert tokens.find(text) is None


def test_a_token_never_does_more_than_its_owner_s_role_allows_now() -> None:
    owner = factories.user()
    team = factories.team(owner)
    token = tokens.find(tokens.mint(team, owner, "laptop", scopes=frozenset({Scope.READ, Scope.DEPLOY})))
    assert token is not None
    assert tokens.scopes_of(token) == {Scope.READ, Scope.DEPLOY}
    Membership.objects.filter(user=owner).update(role=Role.VIEWER)
    assert tokens.scopes_of(token) == {Scope.READ}
    Membership.objects.filter(user=owner).delete()
    assert tokens.scopes_of(token) == frozenset()
