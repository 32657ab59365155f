"""Domains of a project at Vercel: the records that prove who owns one, and those that lead to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from clients.vercel import DomainRouting, Vercel, VercelDomain
from deployments.platforms.cloud import DnsRecord, Domain


def attached(api: Vercel, project: str, hostname: str) -> Domain:
    found = api.domain(project, hostname) or api.add_domain(project, hostname)
    return _stated(found, api.routing(hostname))


def stated(api: Vercel, project: str, hostname: str) -> Domain:
    """Asks Vercel to look at the proof anew, where it has not seen it yet."""
    found = api.domain(project, hostname)
    if found is None:
        return Domain(hostname, False, detail="not attached")
    if not found.is_verified and api.verify_domain(project, hostname):
        found = replace(found, is_verified=True)
    return _stated(found, api.routing(hostname))


def detached(api: Vercel, project: str, hostname: str) -> None:
    api.remove_domain(project, hostname)


def _stated(domain: VercelDomain, routing: DomainRouting) -> Domain:
    waits = "" if domain.is_verified else "waits for the proof of ownership"
    waits = waits or ("its DNS does not lead to Vercel" if routing.is_misconfigured else "")
    return Domain(domain.name, not waits, tuple(_records(domain, routing)), waits or "active")


def _records(domain: VercelDomain, routing: DomainRouting) -> Iterator[DnsRecord]:
    for kind, name, value in domain.challenges:
        yield DnsRecord(kind, name, value)
    if domain.name != domain.apex and routing.cname:
        yield DnsRecord("CNAME", domain.name, routing.cname)
    else:
        yield from (DnsRecord("A", domain.name, address) for address in routing.addresses)
