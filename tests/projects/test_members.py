"""A team's people: what they are, and that somebody owns it."""

from __future__ import annotations

import pytest

from core.errors import UserError
from projects import members, tokens
from projects.models import AuditEntry, Membership, Role, Team, User
from projects.tokens import Scope
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> User:
    return factories.user("ada")


@pytest.fixture
def team(owner: User) -> Team:
    return factories.team(owner)


def test_another_role_holds_for_what_is_there_already(team: Team, owner: User) -> None:
    grace = factories.joined(team)
    token = tokens.find(tokens.mint(team, grace.user, "a token", scopes=frozenset({Scope.READ, Scope.CONFIGURE})))
    assert token
    members.change_role(grace, Role.VIEWER, actor=owner)
    assert tokens.scopes_of(token) == {Scope.READ}
    assert AuditEntry.objects.filter(team=team, verb="person.changed", actor=owner).exists()


def test_who_was_removed_and_comes_back_has_no_token_of_before(team: Team, owner: User) -> None:
    grace = factories.joined(team)
    text = tokens.mint(team, grace.user, "a token", scopes=frozenset({Scope.READ}))
    members.remove(grace, actor=owner)
    Membership.objects.create(team=team, user=grace.user, role=Role.MEMBER)
    assert tokens.find(text) is None


@pytest.mark.parametrize("role", [Role.MEMBER, Role.VIEWER, None])
def test_the_last_owner_stays(team: Team, owner: User, role: Role | None) -> None:
    only = team.memberships.get(user=owner)
    factories.joined(team)
    with pytest.raises(UserError) as raised:
        if role:
            members.change_role(only, role, actor=owner)
        else:
            members.remove(only, actor=owner)
    assert raised.value.code == "last_owner"
    factories.joined(team, Role.OWNER)
    members.remove(only, actor=owner)
    assert not team.memberships.filter(user=owner).exists()
