"""A release to a platform elsewhere: bind → problems → release → version → routes. The vendor is asked by its adapter.

Whether the version is to serve is decided before; what people and newer pushes decided meanwhile is made good after.
"""

from __future__ import annotations

from collections.abc import Callable

from django.db.models import F

from builds.recorder import Recorder
from core.errors import ProjectError
from core.findings import Severity
from deployments.cloud import queue
from deployments.cloud.accounts import account_in_use, connect
from deployments.cloud.binding import bound, config_of
from deployments.cloud.memory import memory_of
from deployments.cloud.services import held, make_service, note, service_of
from deployments.cloud.telling import Discreet
from deployments.models import CloudService, CloudVersion, Deployment, Route, RouteKind, Source
from deployments.notifying import happenings
from deployments.platforms.cloud import CloudPlatform, Release, Released
from deployments.variables import secrets_of
from projects.leases import Lease
from projects.models import Project


def release(deployment: Deployment, lease: Lease, recorder: Recorder, go_live: Callable[[Deployment], None]) -> None:
    """Returns once it is live, or staged. Raises UserError for what the person can mend."""
    service = make_service(deployment)
    with held(service, lease):
        service.config = config_of(deployment)
        with lease.transaction():
            CloudService.objects.filter(pk=service.pk).update(config=service.config)
        platform = connect(account_in_use(service), f"release {deployment.public_id}")
        wish = bound(deployment, service, serves=is_to_serve(deployment))
        progress = Discreet.of(recorder, secrets_of(deployment))
        _refuse_problems(platform, wish, progress)
        released = platform.release(wish, memory_of(service, lease), progress)
        recorder.flush()
        with lease.finishing():
            go_live(deployment)
            _observe(deployment, service, wish, released)


def is_to_serve(deployment: Deployment) -> bool:
    """Whether it is to take the traffic of its service once it is healthy."""
    route = leading_route(deployment)
    newer = route is not None and route.wanted is not None and route.wanted.sequence > deployment.sequence
    if not deployment.is_production:
        return not newer
    follows = Project.objects.filter(pk=deployment.project_id, auto_assign=True).exists()
    return deployment.source == Source.PROMOTE or (follows and not newer)


def leading_route(deployment: Deployment) -> Route | None:
    """Which its service's traffic follows; None before it was ever made."""
    places = Route.objects.filter(destination=deployment.destination_id).select_related("wanted", "destination", "team")
    request = deployment.push.pull_request
    if deployment.is_production:
        rows = places.filter(kind=RouteKind.PRODUCTION)
    elif request is not None:
        rows = places.filter(kind=RouteKind.PULL, branch=str(request.number))
    else:
        rows = places.filter(kind=RouteKind.BRANCH, branch=deployment.branch)
    found: Route | None = rows.first()
    return found


def ended(deployment: Deployment, *, failed: bool) -> None:
    """A release that was stopped may have moved traffic already: the vendor goes back to what is wanted. One that
    failed has left what served alone, as adapters promise."""
    service = service_of(deployment)
    if service is None or failed:
        return
    route = leading_route(deployment)
    if route is not None and route.wanted is not None and route.wanted_id != deployment.pk:
        queue.move_again(route)
    else:
        queue.delete(service)


def _refuse_problems(platform: CloudPlatform, wish: Release, progress: Discreet) -> None:
    """All of them are said; the first that cannot be lived with ends it."""
    found = list(platform.problems(wish))
    for one in found:
        progress.line(f"{one.severity.value}: {one.sentence} {one.next_step}".strip())
    for one in found:
        if one.severity is Severity.ERROR:
            raise ProjectError(one.code, one.sentence, one.next_step, one.file, one.line)


def _observe(deployment: Deployment, service: CloudService, wish: Release, released: Released) -> None:
    """In the transaction that makes it live."""
    version = released.version
    CloudVersion.objects.update_or_create(
        deployment=deployment,
        defaults={
            "team_id": deployment.team_id,
            "service": service,
            "version_id": version.id,
            "url": version.url,
            "details": dict(version.details),
        },
    )
    pointing = Route.objects.filter(wanted=deployment)
    seen = {"observed": deployment, "observed_generation": F("generation"), "error": None}
    alone = wish.serves and not pointing.exclude(kind=RouteKind.DEPLOYMENT).exists()
    address = version.url or (released.address if alone else "")
    pointing.filter(kind=RouteKind.DEPLOYMENT).update(address=address, **seen)
    if not wish.serves:
        return
    note(service, address=released.address, shares={version.id: 100}, missing=[], error=None)
    pointing.exclude(kind=RouteKind.DEPLOYMENT).update(address=released.address, **seen)
    for moved in pointing.filter(kind=RouteKind.PRODUCTION):
        happenings.production_moved(moved)
    route = leading_route(deployment)
    if route is not None and route.wanted_id not in (None, deployment.pk):
        Route.objects.filter(pk=route.pk).update(observed=deployment)
        queue.move_again(route)
