"""Scoped bearer tokens. The text is shown once; a row keeps its SHA-256."""

from __future__ import annotations

import secrets
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Final

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from core.errors import UserError
from projects.actions import audit
from projects.models import ApiToken, Project, Role, Team, User

PREFIX: Final = "dexto_"


class Scope(StrEnum):
    READ = "read"
    DEPLOY = "deploy"  # push, redeploy, promote, roll back
    CONFIGURE = "configure"  # projects, variables, destinations, and one's own tokens
    ADMIN = "admin"  # people, accounts at vendors, whom to trust


SCOPES_OF_ROLE: Final[dict[str, frozenset[Scope]]] = {
    Role.OWNER: frozenset(Scope),
    Role.MEMBER: frozenset({Scope.READ, Scope.DEPLOY, Scope.CONFIGURE}),
    Role.VIEWER: frozenset({Scope.READ}),
}


def mint(
    team: Team,
    user: User,
    name: str,
    *,
    scopes: frozenset[Scope],
    project: Project | None = None,
    environment: str = "",
    expires_at: datetime | None = None,
) -> str:
    """The token's text, for this once."""
    text = PREFIX + secrets.token_urlsafe(32)
    with transaction.atomic():
        ApiToken.objects.create(
            team=team,
            user=user,
            project=project,
            environment=environment,
            name=name,
            digest=_digest(text),
            scopes=sorted(scopes),
            expires_at=expires_at,
        )
        audit(team, user, "token.created", name, scopes=sorted(scopes))
    return text


def derive(
    of: ApiToken,
    name: str,
    *,
    scopes: frozenset[Scope],
    project: Project | None = None,
    environment: str = "",
    expires_at: datetime | None = None,
) -> str:
    """The text of another token of the same person, which may do nothing that `of` may not, and lives no longer.
    Raises UserError."""
    if wider := scopes - scopes_of(of):
        raise UserError(
            "token_too_wide",
            f"This token may not {', '.join(sorted(wider))}, and makes none that may.",
            "Ask for less, or make it on the page Tokens.",
        )
    if environment:
        require_environment(of, environment)
    ends = [moment for moment in (of.expires_at, expires_at) if moment]
    return mint(
        of.team,
        of.user,
        name,
        scopes=scopes,
        project=of.project or project,
        environment=of.environment or environment,
        expires_at=min(ends, default=None),
    )


def revoke(token: ApiToken) -> None:
    """At once, and for good."""
    with transaction.atomic():
        ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=Now())
        audit(token.team, token.user, "token.revoked", token.name)


def find(text: str) -> ApiToken | None:
    """The living token with this text."""
    alive = Q(revoked_at=None) & (Q(expires_at=None) | Q(expires_at__gt=Now()))
    return (
        ApiToken.objects.filter(alive, digest=_digest(text), user__is_active=True)
        .select_related("team", "user", "project")
        .first()
    )


def scopes_of(token: ApiToken) -> frozenset[Scope]:
    """What it may do now: never more than its owner's role in the team, which may have changed since."""
    membership = token.team.memberships.filter(user_id=token.user_id).first()
    allowed = SCOPES_OF_ROLE[membership.role] if membership else frozenset()
    return allowed & frozenset(map(Scope, token.scopes))


def require_environment(token: ApiToken, environment: str) -> None:
    """Raises UserError where the token is for another one."""
    if token.environment not in ("", environment):
        raise UserError(
            "wrong_environment",
            f"This token deploys to {token.environment}, not to {environment}.",
            "Trust the workflow for that environment, or use a token of your own.",
        )


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()
