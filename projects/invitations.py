"""Invitations into a team: a link that works once, for some days."""

from __future__ import annotations

import secrets
from datetime import timedelta
from hashlib import sha256
from typing import Final

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from core.errors import UserError
from projects.actions import audit
from projects.models import Invitation, Membership, Role, Team, User

DAYS: Final = 7


def invite(team: Team, role: Role, note: str, *, actor: User) -> str:
    """The text of the link's end, for this once."""
    text = secrets.token_urlsafe(32)
    with transaction.atomic():
        Invitation.objects.create(
            team=team,
            digest=_digest(text),
            role=role,
            note=note[:100],
            invited_by=actor,
            expires_at=timezone.now() + timedelta(days=DAYS),
        )
        audit(team, actor, "person.invited", note[:100], role=role)
    return text


def find(text: str) -> Invitation | None:
    """The one that still waits with this text."""
    rows = Invitation.objects.filter(digest=_digest(text), accepted_at=None, expires_at__gt=Now())
    found: Invitation | None = rows.select_related("team", "invited_by").first()
    return found


def accept(invitation: Invitation, user: User) -> Membership:
    """Who is in the team already keeps their role. Raises UserError when somebody else was quicker."""
    with transaction.atomic():
        rows = Invitation.objects.filter(pk=invitation.pk, accepted_at=None, expires_at__gt=Now())
        if not rows.update(accepted_at=Now(), accepted_by=user):
            raise UserError("invitation_used", "This invitation was used already, or is too old.", "Ask for a new one.")
        membership, created = Membership.objects.get_or_create(
            team=invitation.team, user=user, defaults={"role": invitation.role}
        )
        if created:
            audit(invitation.team, user, "person.joined", user.get_username(), role=invitation.role)
    joined: Membership = membership
    return joined


def withdraw(invitation: Invitation, *, actor: User) -> None:
    with transaction.atomic():
        audit(invitation.team, actor, "invitation.withdrawn", invitation.note)
        invitation.delete()


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()
