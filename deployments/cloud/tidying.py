"""What is left at vendors: services that nobody wants, versions that nobody goes back to, and what is not as it was."""

from __future__ import annotations

from django.db.models import F
from django.db.models.functions import Now

from deployments.cloud import queue
from deployments.cloud.accounts import account_in_use, connect
from deployments.cloud.memory import memory_of
from deployments.cloud.moving import as_version
from deployments.cloud.patience import patiently
from deployments.cloud.services import as_port, held, is_wanted, note
from deployments.models import AgentStorage, CloudService, CloudVersion, Deployment, Route, RouteKind
from deployments.platforms.cloud import Observed
from projects import operations
from projects.leases import Lease
from projects.models import Operation


def delete(lease: Lease) -> None:
    """Unless somebody wants it again by now."""
    service = _service(lease.subject_id)
    if service is None or is_wanted(service):
        return
    with held(service, lease), patiently(lease, lambda error: _say(service.pk, error)):
        if is_wanted(service):
            return
        if service.ids or service.versions.exists():
            platform = connect(account_in_use(service), f"delete {service.name}")
            platform.delete(as_port(service), memory_of(service, lease))
        with lease.finishing():
            CloudService.objects.filter(pk=service.pk).update(deleted_at=Now(), shares={}, error=None)
            CloudVersion.objects.filter(service=service, gone_at=None).update(gone_at=Now())
            place = {"environment": service.environment, "branch": service.branch}
            queue.remove_previews(AgentStorage.objects.filter(destination=service.destination_id, **place))


def discard(lease: Lease) -> None:
    """A version that retention expired; what serves is never such a one."""
    rows = CloudVersion.objects.filter(pk=lease.subject_id, service__deleted_at=None)
    version = rows.select_related("service__account", "service__team", "service__destination__project").first()
    if version is None:
        return
    service = version.service
    with held(service, lease), patiently(lease, lambda _error: None):
        platform = connect(account_in_use(service), f"discard {version.version_id}")
        platform.discard(as_port(service), as_version(version), memory_of(service, lease))
        with lease.finishing():
            CloudVersion.objects.filter(pk=version.pk).update(gone_at=Now())
            if not service.versions.filter(gone_at=None).exists():
                queue.delete(service)


def inspect(lease: Lease) -> None:
    """What is no longer there is shown; where that is less than the service itself, the vendor is asked to make it
    good by moving the traffic to where it is wanted."""
    service = _service(lease.subject_id)
    if service is None:
        return
    with held(service, lease), patiently(lease, lambda error: _say(service.pk, error)):
        platform = connect(account_in_use(service), f"inspect {service.name}")
        observed = platform.inspect(as_port(service), memory_of(service, lease))
        with lease.finishing():
            _note(service, observed)


def ended(operation: Operation, ending: operations.Ending) -> None:
    _say(operation.subject_id, ending.error)


def drift_of(service: CloudService) -> list[str]:
    """In words, what is not at the vendor as it was left; empty before the first look, and where all is well."""
    found = [f"{one} is no longer there." for one in service.missing]
    for version in service.versions.filter(version_id__in=service.shares).select_related("deployment"):
        wanted = _wanted_share(version.deployment)
        if wanted != service.shares[version.version_id]:
            share = service.shares[version.version_id]
            found.append(f"{version.deployment.public_id} has {share} % of the traffic, and should have {wanted} %.")
    known = set(service.versions.values_list("version_id", flat=True))
    return [*found, *(f"A version that is not ours serves: {one}." for one in service.shares if one not in known)]


def inspect_all() -> int:
    """Asks for a look at every service that is in use; returns how many."""
    services = CloudService.objects.living().select_related("team")
    for service in services:
        queue.inspect(service)
    return len(services)


def _wanted_share(deployment: Deployment) -> int:
    canaries = Route.objects.filter(canary=deployment).values_list("canary_percent", flat=True)
    serving = Route.objects.filter(wanted=deployment).exclude(kind=RouteKind.DEPLOYMENT)
    if percent := canaries.first():
        return int(percent)
    route = serving.first()
    return 100 - (route.canary_percent if route.canary_id else 0) if route else 0


def _note(service: CloudService, observed: Observed) -> None:
    missing = list(observed.missing) if observed.exists else [service.name]
    note(service, shares=dict(observed.shares), missing=missing, error=None)
    serving = Route.objects.filter(wanted__cloud_version__service=service).exclude(kind=RouteKind.DEPLOYMENT)
    if observed.exists and observed.address and observed.address != service.address:
        note(service, address=observed.address)
        serving.update(address=observed.address)
    if observed.exists and observed.missing:
        for route in serving.select_related("team"):
            queue.move_again(route)


def _service(pk: int) -> CloudService | None:
    rows = CloudService.objects.living().select_related("account", "team", "project", "destination__project")
    found: CloudService | None = rows.filter(pk=pk).first()
    return found


def _say(service_id: int, error: dict[str, object]) -> None:
    CloudService.objects.filter(pk=service_id).update(error=error, checked_at=F("checked_at"))
