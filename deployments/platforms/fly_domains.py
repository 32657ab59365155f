"""Domains at Fly: a certificate for the hostname, and the records that point there."""

from __future__ import annotations

from collections.abc import Iterator

from clients.fly import Fly, FlyCertificate
from core.errors import UserError
from deployments.platforms.cloud import DnsRecord, Domain


def attached(api: Fly, app: str, hostname: str) -> Domain:
    return _domain(api.certificate(app, hostname) or api.create_certificate(app, hostname))


def stated(api: Fly, app: str, hostname: str) -> Domain:
    """Fly looks at the DNS when it is asked to."""
    found = api.check_certificate(app, hostname)
    if found is None:
        raise UserError("vendor_refused", f"Fly.io knows no certificate for {hostname}.", "Add the domain again.")
    return _domain(found)


def _domain(found: FlyCertificate) -> Domain:
    return Domain(found.hostname, found.is_active, tuple(_records(found)), found.status)


def _records(found: FlyCertificate) -> Iterator[DnsRecord]:
    """A name below an apex is an alias; an apex, which may not be one, has the addresses."""
    if found.cname and found.hostname.count(".") > 1:
        yield DnsRecord("CNAME", found.hostname, found.cname)
    else:
        for kind, address in found.addresses:
            yield DnsRecord(kind, found.hostname, address)
    if found.challenge:
        yield DnsRecord("CNAME", *found.challenge)
