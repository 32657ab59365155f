"""Ending what runs at a vendor, by a person's word."""

from __future__ import annotations

from django.db import transaction

from core.errors import UserError
from deployments import routing
from deployments.cloud import queue
from deployments.models import Cause, CloudService, CloudVersion, Route, RouteKind
from projects.actions import audit
from projects.models import User


def stop(service: CloudService, *, actor: User | None) -> None:
    """Deletes it, with everything that was made for it. Raises UserError while its destination is in use."""
    if service.destination.removed_at is None and not service.is_preview:
        raise UserError(
            "service_wanted",
            f"{service.name} is production of {service.destination.name}, which is in use.",
            "Remove the destination first.",
        )
    with transaction.atomic():
        audit(service.team, actor, "service.deleted", service.name)
        here = Route.objects.filter(wanted__cloud_version__service=service).exclude(kind=RouteKind.DEPLOYMENT)
        for route in here.select_related("destination__project", "team"):
            routing.point(route, None, Cause.TEARDOWN, actor=actor)
        queue.delete(service)


def again(service: CloudService, *, actor: User | None) -> None:
    """What failed there is tried again: its deletion, else its traffic; and it is looked at."""
    with transaction.atomic():
        audit(service.team, actor, "service.retried", service.name)
        routes = Route.objects.filter(wanted__cloud_version__service=service).exclude(kind=RouteKind.DEPLOYMENT)
        leading = [route for route in routes.select_related("destination__project") if queue.is_leading(route)]
        for route in leading:
            queue.move_again(route)
        if not leading and not CloudVersion.objects.filter(service=service, deployment__finished_at=None).exists():
            queue.delete(service)
        queue.inspect(service)
