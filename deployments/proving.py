"""The operation `domain`: a hostname's DNS is looked at until it says whose it is, by a vendor where one serves it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import timedelta
from typing import Any, Final

from django.conf import settings
from django.db.models.functions import Now
from django.utils import timezone

from clients.dns_records import alias_of, texts_of
from core.errors import UserError
from deployments import domains
from deployments.cloud import queue
from deployments.cloud.accounts import account_in_use, connect
from deployments.cloud.memory import memory_of
from deployments.cloud.patience import patiently
from deployments.cloud.services import as_port, held
from deployments.models import CloudService, Domain, DomainState
from deployments.notifying import happenings
from deployments.platforms import cloud
from projects import operations
from projects.leases import Lease, PostponedError
from projects.models import Environment, Operation

_FIRST_PAUSE_SECONDS: Final = 15
_LONGEST_PAUSE_SECONDS: Final = 600
_PATIENCE: Final = timedelta(days=7)
_GONE: Final = "The TXT record that proved whose it is is no longer there."


def run(lease: Lease) -> None:
    related = ("destination__project", "project", "team")
    domain: Domain | None = Domain.objects.living().select_related(*related).filter(pk=lease.subject_id).first()
    if domain is None:
        return
    with patiently(lease, lambda error: _note(domain, error=error)):
        if domain.destination.is_cloud:
            _there(domain, lease)
        else:
            _here(domain, lease)


def ended(operation: Operation, ending: operations.Ending) -> None:
    Domain.objects.filter(pk=operation.subject_id).update(error=ending.error, checked_at=Now())


def look_at_all() -> int:
    """Those that somebody still has; returns how many."""
    found = Domain.objects.living().filter(project__deleted_at=None).select_related("team")
    for domain in found:
        queue.see_to(domain)
    return len(found)


def _here(domain: Domain, lease: Lease) -> None:
    server = settings.DNS_SERVER
    is_proved = domain.proof in texts_of(domains.proof_name(domain.hostname), server=server)
    leads_here = alias_of(domain.hostname, server=server) == domains.target_of(domain)
    detail = "" if leads_here else f"{domain.hostname} has no CNAME to {domains.target_of(domain)} yet."
    if is_proved:
        _activate(domain, lease, detail)
    elif domain.state == DomainState.ACTIVE:
        _unproved(domain, lease)
    else:
        _note(domain, detail=f"There is no TXT record at {domains.proof_name(domain.hostname)} with its value yet.")
        _look_again(lease)


def _unproved(domain: Domain, lease: Lease) -> None:
    """It goes on serving; its people are told when it is first seen."""
    with lease.transaction():
        if domain.detail != _GONE:
            happenings.domain_problem(domain, _GONE, key=f"unproved:{lease.operation.pk}")
        _note(domain, detail=_GONE)


def _there(domain: Domain, lease: Lease) -> None:
    living = CloudService.objects.living().filter(destination=domain.destination_id, branch="")
    related = ("account", "team", "project", "destination")
    service = living.filter(environment=Environment.PRODUCTION).select_related(*related).first()
    if service is None:
        _without_service(domain, lease)
        return
    with held(service, lease):
        platform, memory = connect(account_in_use(service), f"domain {domain.hostname}"), memory_of(service, lease)
        if domain.state == DomainState.LEAVING:
            platform.detach_domain(as_port(service), domain.hostname, memory)
            _note(domain, removed_at=Now())
            return
        ask = platform.domain if domain.records else platform.attach_domain
        found = ask(as_port(service), domain.hostname, memory)
    _note(domain, records=_records(found), detail=found.detail[:500], error=None)
    if found.is_active:
        _activate(domain, lease, found.detail)
    else:
        _look_again(lease)


def _without_service(domain: Domain, lease: Lease) -> None:
    if domain.state == DomainState.LEAVING:
        _note(domain, removed_at=Now())
        return
    _note(domain, detail="It waits for the first release to production.")
    _look_again(lease)


def _activate(domain: Domain, lease: Lease, detail: str) -> None:
    with lease.finishing():
        if not domains.activate(domain, detail=detail[:500]):
            taken = UserError(
                "domain_taken", f"{domain.hostname} serves another project here.", "Remove it there first."
            )
            _note(domain, state=DomainState.REFUSED, error=taken.as_dict())
            happenings.domain_problem(domain, taken.sentence, key=f"refused:{lease.operation.pk}")


def _records(found: cloud.Domain) -> list[Mapping[str, str]]:
    return [asdict(record) for record in found.records]


def _look_again(lease: Lease) -> None:
    """Ever more seldom, for a week; after that a person asks."""
    if timezone.now() - lease.operation.created_at > _PATIENCE:
        return
    looks = int(lease.operation.handle.get("looks", 0))
    lease.remember(looks=looks + 1)
    raise PostponedError(min(_FIRST_PAUSE_SECONDS * 2**looks, _LONGEST_PAUSE_SECONDS))


def _note(domain: Domain, **values: Any) -> None:
    Domain.objects.filter(pk=domain.pk).update(checked_at=Now(), **values)
