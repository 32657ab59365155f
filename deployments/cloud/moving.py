"""The operation `move`: a vendor's traffic is made to be where a route wants it. It works until they agree."""

from __future__ import annotations

from collections.abc import Iterator

from core.errors import UserError
from deployments import changes
from deployments.cloud.accounts import account_in_use, connect, connect_to_nobody
from deployments.cloud.binding import bound
from deployments.cloud.memory import memory_of
from deployments.cloud.patience import patiently
from deployments.cloud.services import as_port, held, note, service_of
from deployments.cloud.telling import Unseen
from deployments.models import CloudService, CloudVersion, Deployment, Route, RouteKind
from deployments.notifying import happenings
from deployments.platforms.cloud import Share, Version
from projects import operations
from projects.leases import Lease
from projects.models import Operation


def run(lease: Lease) -> None:
    route = _route(lease)
    service = service_of(route.wanted) if route and route.wanted else None
    if service is None:
        return
    with held(service, lease):
        route = _route(lease)
        if route is None or route.wanted is None or route.generation == route.observed_generation:
            return
        with patiently(lease, lambda error: _say(route.pk, error)):
            shares = list(_shares(route, service))
            platform = connect(account_in_use(service), f"move {route.hostname}")
            address = platform.move(as_port(service), shares, memory_of(service, lease), Unseen(lease))
        with lease.finishing():
            _observe(route, service, shares, address)


def ended(operation: Operation, ending: operations.Ending) -> None:
    _say(operation.subject_id, ending.error)


def refusal(target: Deployment, current: Deployment | None) -> UserError | None:
    """Why traffic could not go from what serves to this one. Asks nobody."""
    wanted = _version_of(target)
    if wanted is None:
        return _gone(target)
    if current is None or (serving := _version_of(current)) is None or serving.service_id != wanted.service_id:
        return None
    platform = connect_to_nobody(wanted.service.platform)
    return platform.refusal(as_port(wanted.service), as_version(serving), as_version(wanted))


def as_version(row: CloudVersion) -> Version:
    return Version(row.version_id, row.url, row.details)


def _route(lease: Lease) -> Route | None:
    related = ("wanted__destination", "wanted__push__pull_request", "wanted__project__repository", "wanted__bundle")
    rows = Route.objects.filter(pk=lease.subject_id).select_related(*related, "wanted__team", "canary__push")
    found: Route | None = rows.first()
    return found


def _shares(route: Route, service: CloudService) -> Iterator[Share]:
    """Raises UserError where one of them is no longer there."""
    percent = route.canary_percent if route.canary else 0
    for deployment, share in ((route.wanted, 100 - percent), (route.canary, percent)):
        if deployment is None or not share:
            continue
        version = _version_of(deployment)
        if version is None or version.service_id != service.pk:
            raise _gone(deployment)
        yield Share(as_version(version), bound(deployment, service), share)


def _observe(route: Route, service: CloudService, shares: list[Share], address: str) -> None:
    """Of this generation only: where it moved on meanwhile, the next operation follows."""
    note(service, address=address, shares={one.version.id: one.percent for one in shares}, missing=[], error=None)
    rows = Route.objects.filter(pk=route.pk, generation=route.generation)
    if rows.update(observed=route.wanted, observed_generation=route.generation, address=address, error=None):
        happenings.production_moved(route)
    beside = Route.objects.filter(destination=route.destination_id, kind=RouteKind.PULL, wanted=route.wanted)
    beside.update(address=address)
    changes.tell(Deployment.objects.filter(observed_by=route))


def _say(route_id: int, error: dict[str, object]) -> None:
    Route.objects.filter(pk=route_id).update(error=error)


def _version_of(deployment: Deployment) -> CloudVersion | None:
    rows = CloudVersion.objects.filter(deployment=deployment, gone_at=None, service__deleted_at=None)
    found: CloudVersion | None = rows.select_related("service").first()
    return found


def _gone(deployment: Deployment) -> UserError:
    return UserError(
        "version_gone",
        f"The vendor has no version of {deployment.public_id} any more.",
        "Redeploy the commit instead.",
    )
