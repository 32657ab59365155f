"""Hostnames: of the account's zones, and of customers whose zones are elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from tests.fakes.cloudflare.envelope import listed, ok, refused
from tests.fakes.vendor import Answer, Asked


@dataclass
class Domains:
    """`zones` are names of own zones by their ids. A custom hostname is active once its owner has set its records."""

    account: str
    zones: dict[str, str]
    workers: dict[str, dict[str, Any]] = field(default_factory=dict)  # by id
    custom: dict[str, dict[str, Any]] = field(default_factory=dict)  # by id
    routes: dict[str, dict[str, str]] = field(default_factory=dict)  # by id
    fallback: str = "customers.example.net"

    def service_at(self, hostname: str) -> str:
        """The Worker that answers there."""
        for one in self.workers.values():
            if one["hostname"] == hostname:
                return str(one["service"])
        active = [one for one in self.custom.values() if one["hostname"] == hostname and one["status"] == "active"]
        routed = [one["script"] for one in self.routes.values() if one["pattern"] == f"{hostname}/*"]
        return routed[0] if active and routed else ""

    def ready(self, hostname: str) -> None:
        """Its owner has set what he was asked to."""
        for one in self.custom.values():
            if one["hostname"] == hostname:
                one["status"] = "active"
                one["ssl"] |= {"status": "active", "validation_records": []}

    def list_zones(self, asked: Asked) -> Answer:
        wanted = asked.query.get("name")
        found = [self._zone(id_, name) for id_, name in self.zones.items() if wanted in (None, name)]
        return listed(found, int(asked.query.get("page", 1)))

    def list_domains(self, asked: Asked) -> Answer:
        where = asked.query.items()
        return ok([one for one in self.workers.values() if all(one[key] == value for key, value in where)])

    def put_domain(self, asked: Asked) -> Answer:
        body = asked.json
        zone = self.zones.get(body["zone_id"])
        if zone is None or not f".{body['hostname']}".endswith(f".{zone}"):
            raise refused(400, 100116, "The hostname is not in the zone.")
        there = [one for one in self.workers.values() if one["hostname"] == body["hostname"]]
        id_ = there[0]["id"] if there else uuid4().hex
        self.workers[id_] = {**body, "id": id_, "zone_name": zone, "cert_id": str(uuid4())}
        return ok(self.workers[id_])

    def delete_domain(self, asked: Asked) -> Answer:
        if self.workers.pop(asked.parameters["id"], None) is None:
            raise refused(404, 100114, "The domain does not exist.")
        return ok(None)

    def list_custom(self, asked: Asked) -> Answer:
        wanted = asked.query.get("hostname", "")
        return listed([one for one in self.custom.values() if wanted in one["hostname"]])

    def create_custom(self, asked: Asked) -> Answer:
        body = asked.json
        if any(one["hostname"] == body["hostname"] for one in self.custom.values()):
            raise refused(409, 1406, "Duplicate custom hostname found.")
        id_, hostname = uuid4().hex, body["hostname"]
        proof = {"type": "txt", "name": f"_cf-custom-hostname.{hostname}", "value": str(uuid4())}
        records = [{"txt_name": f"_acme-challenge.{hostname}", "txt_value": uuid4().hex}]
        ssl = {**body["ssl"], "id": str(uuid4()), "status": "pending_validation", "validation_records": records}
        made = {"id": id_, "hostname": hostname, "status": "pending", "ssl": ssl, "ownership_verification": proof}
        self.custom[id_] = made
        return Answer({"success": True, "errors": [], "messages": [], "result": made}, 200)

    def delete_custom(self, asked: Asked) -> Answer:
        if self.custom.pop(asked.parameters["id"], None) is None:
            raise refused(404, 1436, "The custom hostname was not found.")
        return Answer({"id": asked.parameters["id"]})

    def list_routes(self, _asked: Asked) -> Answer:
        return ok(list(self.routes.values()))

    def create_route(self, asked: Asked) -> Answer:
        if any(one["pattern"] == asked.json["pattern"] for one in self.routes.values()):
            raise refused(409, 10020, "A route with the same pattern already exists.")
        id_ = uuid4().hex
        self.routes[id_] = {"id": id_, **asked.json}
        return ok({"id": id_})

    def delete_route(self, asked: Asked) -> Answer:
        if self.routes.pop(asked.parameters["id"], None) is None:
            raise refused(404, 10008, "The route does not exist.")
        return ok({"id": asked.parameters["id"]})

    def fallback_origin(self, _asked: Asked) -> Answer:
        return ok({"origin": self.fallback, "status": "active"})

    def _zone(self, id_: str, name: str) -> dict[str, Any]:
        account = {"id": self.account, "name": "Acme"}
        return {
            "id": id_,
            "name": name,
            "status": "active",
            "account": account,
            "owner": {"id": self.account, "name": "Acme", "type": "organization"},
            "meta": {"step": 4},
            "development_mode": 0,
            "name_servers": ["a.ns.cloudflare.com", "b.ns.cloudflare.com"],
            "original_name_servers": None,
            "original_registrar": None,
            "original_dnshost": None,
            "created_on": "2026-01-01T00:00:00Z",
            "modified_on": "2026-01-01T00:00:00Z",
            "activated_on": "2026-01-01T00:00:00Z",
        }
