"""Hostnames of a Cloudflare account's Workers: those of its own zones, and those of its customers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from clients.cloudflare import Cloudflare


@dataclass(frozen=True, slots=True)
class Zone:
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class WorkerDomain:
    """A hostname of an own zone that leads to a Worker; Cloudflare sets its records and its certificate."""

    id: str
    hostname: str
    service: str


@dataclass(frozen=True, slots=True)
class Record:
    type: str
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class CustomHostname:
    """A hostname whose zone is somebody else's. `records` prove that it is theirs, and get it its certificate."""

    id: str
    hostname: str
    status: str
    certificate: str  # its status
    records: tuple[Record, ...] = ()
    errors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WorkerDomains:
    cloudflare: Cloudflare
    account: str

    def zone_of(self, hostname: str) -> Zone | None:
        """The account's own zone that holds the hostname."""
        for name in _suffixes(hostname):
            params = {"name": name, "account.id": self.account}
            found = self.cloudflare.ask("GET", "/zones", params=params)
            if found:
                return Zone(found[0]["id"], found[0]["name"])
        return None

    def domains(self, **where: str) -> list[WorkerDomain]:
        """`where` is hostname or service."""
        found = self.cloudflare.ask("GET", self._root, params=where) or []
        return [WorkerDomain(one["id"], one["hostname"], one["service"]) for one in found]

    def attach(self, hostname: str, service: str, zone: Zone) -> None:
        body = {"hostname": hostname, "service": service, "zone_id": zone.id, "environment": "production"}
        self.cloudflare.ask("PUT", self._root, json=body)

    def detach(self, domain: WorkerDomain) -> None:
        self.cloudflare.gone(f"{self._root}/{domain.id}")

    @property
    def _root(self) -> str:
        return f"/accounts/{self.account}/workers/domains"


@dataclass(frozen=True, slots=True)
class CustomHostnames:
    """Of one zone (SSL for SaaS). A route of the zone sends a hostname to its Worker."""

    cloudflare: Cloudflare
    zone: str

    def target(self) -> str:
        """What the customers' CNAME points to."""
        found = self.cloudflare.found(f"{self._root}/custom_hostnames/fallback_origin") or {}
        return str(found.get("origin") or "")

    def find(self, hostname: str) -> CustomHostname | None:
        found = self.cloudflare.ask("GET", f"{self._root}/custom_hostnames", params={"hostname": hostname})
        return next((_custom(one) for one in found or [] if one["hostname"] == hostname), None)

    def create(self, hostname: str) -> CustomHostname:
        """Not sent a second time: whoever lost the answer looks."""
        body = {"hostname": hostname, "ssl": {"method": "txt", "type": "dv"}}
        return _custom(self.cloudflare.ask("POST", f"{self._root}/custom_hostnames", json=body))

    def delete(self, one: CustomHostname) -> None:
        self.cloudflare.gone(f"{self._root}/custom_hostnames/{one.id}")

    def routes(self) -> dict[str, tuple[str, str]]:
        """Hostname → id of its route, and the Worker that it leads to."""
        found = self.cloudflare.ask("GET", f"{self._root}/workers/routes") or []
        return {one["pattern"].removesuffix("/*"): (one["id"], one.get("script") or "") for one in found}

    def add_route(self, hostname: str, script: str) -> None:
        """Not sent a second time: whoever lost the answer looks."""
        self.cloudflare.ask("POST", f"{self._root}/workers/routes", json={"pattern": f"{hostname}/*", "script": script})

    def delete_route(self, id_: str) -> None:
        self.cloudflare.gone(f"{self._root}/workers/routes/{id_}")

    @property
    def _root(self) -> str:
        return f"/zones/{self.zone}"


def _suffixes(hostname: str) -> Iterator[str]:
    """The longest first; a top-level domain alone is nobody's zone."""
    parts = hostname.split(".")
    return (".".join(parts[start:]) for start in range(len(parts) - 1))


def _custom(found: Mapping[str, Any]) -> CustomHostname:
    ssl = found.get("ssl") or {}
    errors = [*(found.get("verification_errors") or []), *(ssl.get("validation_errors") or [])]
    return CustomHostname(
        found["id"],
        found["hostname"],
        found.get("status") or "pending",
        ssl.get("status") or "initializing",
        tuple(_records(found.get("ownership_verification"), ssl.get("validation_records") or [])),
        tuple(str(one.get("message", one)) if isinstance(one, dict) else str(one) for one in errors),
    )


def _records(ownership: Mapping[str, str] | None, validation: list[Mapping[str, str]]) -> Iterator[Record]:
    if ownership:
        yield Record(ownership["type"].upper(), ownership["name"], ownership["value"])
    for one in validation:
        if one.get("txt_name"):
            yield Record("TXT", one["txt_name"], one["txt_value"])
