"""Hostnames of a service: in a zone of the account, or of a customer, with the records that he has to set."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from clients.agent_health import unhealthy_because
from clients.cloudflare_domains import CustomHostname, CustomHostnames, WorkerDomains
from core.errors import UserError
from deployments.platforms.cloud import DnsRecord, Domain
from deployments.platforms.cloudflare_place import Place, by_dispatcher, taken


@dataclass(frozen=True, slots=True)
class Domains:
    place: Place
    edge: str = ""

    def attach(self, hostname: str) -> Domain:
        """Idempotent. Raises UserError service_name_taken, and where no zone could hold the hostname."""
        if self.place.dispatched:
            raise by_dispatcher("Hostnames")
        own, zone = self._own, self._own.zone_of(hostname)
        if zone is None:
            return self._attach_custom(hostname)
        there = own.domains(hostname=hostname)
        if any(one.service != self.place.name for one in there):
            raise taken(f"The hostname {hostname}", "name")
        if not there:
            own.attach(hostname, self.place.name, zone)
        return self._domain(hostname)

    def domain(self, hostname: str) -> Domain:
        if any(one.service == self.place.name for one in self._own.domains(hostname=hostname)):
            return self._domain(hostname)
        custom = self._custom
        found = custom.find(hostname) if custom and self._routed(custom, hostname) else None
        if custom is None or found is None:
            return Domain(hostname, is_active=False, detail="It is not at Cloudflare.")
        return _described(found, custom.target())

    def detach(self, hostname: str) -> None:
        for one in self._own.domains(hostname=hostname):
            if one.service == self.place.name:
                self._own.detach(one)
        if self._custom:
            self._detach_custom(self._custom, hostname)

    def detach_all(self) -> None:
        for one in self._own.domains(service=self.place.name):
            self._own.detach(one)
        if self._custom:
            for hostname, (_id, script) in self._custom.routes().items():
                if script == self.place.name:
                    self._detach_custom(self._custom, hostname)

    def _attach_custom(self, hostname: str) -> Domain:
        """The route comes first: it says whose the hostname is, whatever happens in between."""
        custom = self._custom
        if custom is None:
            raise UserError(
                "destination_config_invalid",
                f"{hostname} is in no zone that the token reaches, and the config names no customers_zone.",
                "Add the zone to the account, or name the zone for hostnames of other owners.",
            )
        routed, found = self._routed(custom, hostname), custom.find(hostname)
        if found is not None and not routed:
            raise taken(f"The hostname {hostname}", "customers_zone")
        if not routed:
            custom.add_route(hostname, self.place.name)
        return _described(found or custom.create(hostname), custom.target())

    def _detach_custom(self, custom: CustomHostnames, hostname: str) -> None:
        route, script = custom.routes().get(hostname, ("", ""))
        if script != self.place.name:
            return
        found = custom.find(hostname)
        if found is not None:
            custom.delete(found)
        custom.delete_route(route)

    def _routed(self, custom: CustomHostnames, hostname: str) -> bool:
        """Whether the hostname leads here. Raises UserError service_name_taken where it leads to another Worker."""
        script = custom.routes().get(hostname, ("", ""))[1]
        if script and script != self.place.name:
            raise taken(f"The hostname {hostname}", "customers_zone")
        return bool(script)

    def _domain(self, hostname: str) -> Domain:
        """Cloudflare sets the records of its own zones; whether the certificate is there shows when it is asked."""
        reason = unhealthy_because(f"https://{hostname}", edge=self.edge, timeout_seconds=5.0)
        detail = f"Cloudflare sets its records and its certificate; {reason}." if reason else "active"
        return Domain(hostname, is_active=not reason, detail=detail)

    @property
    def _own(self) -> WorkerDomains:
        return WorkerDomains(self.place.cloudflare, self.place.account)

    @property
    def _custom(self) -> CustomHostnames | None:
        zone = self.place.config.customers_zone
        return CustomHostnames(self.place.cloudflare, zone) if zone else None


def _described(found: CustomHostname, target: str) -> Domain:
    is_active = found.status == "active" and found.certificate == "active"
    said = f"hostname {found.status}, certificate {found.certificate}"
    return Domain(found.hostname, is_active, tuple(_records(found, target)), "; ".join([said, *found.errors]))


def _records(found: CustomHostname, target: str) -> Iterator[DnsRecord]:
    if target:
        yield DnsRecord("CNAME", found.hostname, target)
    for one in found.records:
        yield DnsRecord(one.type, one.name, one.value)
