"""Acting on a delivery once more, because a person asks for it."""

from __future__ import annotations

from django.db import transaction

from core.errors import UserError
from projects.actions import audit
from projects.models import Team, User
from projects.nudges import nudge
from webhooks.models import DELIVERY_STATES, Delivery, DeliveryStatus


def replay(delivery: Delivery, *, team: Team, actor: User) -> None:
    """Raises UserError where that would bring back a state of the repository which is no more."""
    if delivery.status == DeliveryStatus.PROCESSED and _overtaken(delivery):
        raise UserError(
            "delivery_overtaken",
            "Something newer was told of this repository since, and acted upon.",
            "Replay the newest delivery, or redeploy the commit.",
        )
    with transaction.atomic():
        DELIVERY_STATES.move(Delivery.objects.filter(pk=delivery.pk), to=DeliveryStatus.RECEIVED, attempts=0)
        audit(team, actor, "delivery.replayed", delivery.guid)
        transaction.on_commit(lambda: nudge("webhooks.tasks.process_deliveries"))


def _overtaken(delivery: Delivery) -> bool:
    newer = Delivery.objects.filter(
        host=delivery.host, repository_id=delivery.repository_id, pk__gt=delivery.pk, status=DeliveryStatus.PROCESSED
    )
    return bool(newer.exists())
