"""Who is in a team, as what, and who leaves it. A team always has somebody who owns it."""

from __future__ import annotations

from django.db import transaction
from django.db.models.functions import Now

from core.errors import UserError
from projects.actions import audit
from projects.models import ApiToken, Membership, Role, User


def change_role(membership: Membership, role: Role, *, actor: User) -> None:
    """Holds from the next request on, for their tokens too. Raises UserError for the last owner."""
    with transaction.atomic():
        _keep_an_owner(membership, role)
        Membership.objects.filter(pk=membership.pk).update(role=role)
        audit(membership.team, actor, "person.changed", membership.user.get_username(), role=role)


def remove(membership: Membership, *, actor: User) -> None:
    """With their tokens of this team, which would live again if they came back. Raises UserError for the last owner."""
    with transaction.atomic():
        _keep_an_owner(membership, None)
        tokens = ApiToken.objects.for_team(membership.team).filter(user=membership.user, revoked_at=None)
        tokens.update(revoked_at=Now())
        audit(membership.team, actor, "person.removed", membership.user.get_username(), role=membership.role)
        membership.delete()


def _keep_an_owner(membership: Membership, role: Role | None) -> None:
    """Of two owners who make each other members at once, one is second: the rows are locked."""
    owners = Membership.objects.for_team(membership.team).filter(role=Role.OWNER).select_for_update()
    if role != Role.OWNER and [one.pk for one in owners.order_by("pk")] == [membership.pk]:
        raise UserError(
            "last_owner",
            f"{membership.user.get_username()} is the only owner of {membership.team.name}.",
            "Make somebody else an owner first.",
        )
