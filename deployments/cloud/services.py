"""Services: one for each place of a destination, under a name of its own, held by one operation at a time."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now

from core.errors import UserError
from deployments import hostnames
from deployments.cloud.accounts import account_of
from deployments.models import Account, AgentStorage, CloudService, Deployment, Destination, Route, RouteKind
from deployments.platforms import cloud
from projects.leases import Lease, LeaseLostError, PostponedError
from projects.models import Operation
from projects.models.operations import OPEN

_LONGEST: Final = 54
_PAUSE_SECONDS: Final = 2


def service_of(deployment: Deployment) -> CloudService | None:
    """Where it runs, or would; None where nothing was ever released to its place."""
    found: CloudService | None = _at(deployment.destination, deployment.environment, branch_of(deployment)).first()
    return found


def branch_of(deployment: Deployment) -> str:
    """As services are kept: production is one, whatever branch it came from."""
    return "" if deployment.is_production else deployment.branch


def make_service(deployment: Deployment) -> CloudService:
    """The one of its place, new or old. Raises UserError where no account is there to release by."""
    destination, account = deployment.destination, account_of(deployment.destination)
    found = service_of(deployment)
    if found is not None:
        return _by(found, account)
    for name in _names(destination, branch_of(deployment)):
        try:
            with transaction.atomic():
                made: CloudService = CloudService.objects.create(
                    team=deployment.team,
                    project=deployment.project,
                    destination=destination,
                    platform=destination.platform,
                    account=account,
                    environment=deployment.environment,
                    branch=branch_of(deployment),
                    name=name,
                    mark=f"dexto:{secrets.token_hex(12)}",
                )
            return made
        except IntegrityError:
            if (found := service_of(deployment)) is not None:
                return _by(found, account)
    raise IntegrityError(f"no free name for a service of destination {destination.pk}")


def as_port(service: CloudService) -> cloud.Service:
    return cloud.Service(service.name, service.mark, service.config, service.is_preview)


def is_wanted(service: CloudService) -> bool:
    """Whether something serves from it, or is on its way to it."""
    if service.project.deleted_at is not None:
        return False
    here = Deployment.objects.filter(destination=service.destination_id, environment=service.environment)
    if service.branch:
        here = here.filter(branch=service.branch)
    serving = Route.objects.filter(wanted__in=here).exclude(kind=RouteKind.DEPLOYMENT)
    return bool(here.active().exists() or serving.exists())


@contextmanager
def held(made: CloudService | AgentStorage, lease: Lease) -> Iterator[None]:
    """Nothing else works on it meanwhile. Raises PostponedError while something does.

    What a dead worker held is its operation's until that has ended: the next attempt goes on where it was.
    """
    own = lease.operation.pk
    open_ones = Operation.objects.filter(pk=OuterRef("held_by"), status__in=OPEN)
    rows = type(made).objects.filter(pk=made.pk)
    with lease.transaction():
        taken = rows.filter(Q(held_by=None) | Q(held_by=own) | ~Exists(open_ones)).update(held_by=own)
    if not taken:
        raise PostponedError(_PAUSE_SECONDS)
    try:
        yield
    finally:
        # Without the lease it is another worker's to free; once the operation is done nobody minds the hold.
        with suppress(LeaseLostError), lease.transaction():
            rows.filter(held_by=own).update(held_by=None)


def note(service: CloudService, **values: object) -> None:
    """What was observed of it just now."""
    CloudService.objects.filter(pk=service.pk).update(checked_at=Now(), **values)
    for name, value in values.items():
        setattr(service, name, value)


def _at(destination: Destination, environment: str, branch: str) -> Any:
    rows = CloudService.objects.living().select_related("account", "project", "destination", "team")
    return rows.filter(destination=destination, environment=environment, branch=branch)


def _by(service: CloudService, account: Account) -> CloudService:
    """A service stays in the account that it was made in, as long as the team has that."""
    if service.account is None or service.account.removed_at is not None:
        CloudService.objects.filter(pk=service.pk).update(account=account)
        service.account = account
    if service.account_id != account.pk:
        raise UserError(
            "account_changed",
            f"{service.name} runs in the account {service.account.name}, not in {account.name}.",
            f"Name {service.account.name} in the destination, or add another destination for {account.name}.",
        )
    return service


def _names(destination: Destination, branch: str) -> Iterator[str]:
    """The plain name, and those to take where that is another's."""
    parts = (destination.project.slug, hostnames.slug(destination.name), hostnames.slug(branch))
    plain = "-".join(part for part in parts if part)
    if len(plain) <= _LONGEST and hostnames.slug(branch) == branch:
        yield plain
    for attempt in range(3):
        digest = sha256(f"{destination.pk}:{branch}:{attempt}".encode()).hexdigest()[:8]
        yield f"{plain[: _LONGEST - 9].rstrip('-')}-{digest}"
