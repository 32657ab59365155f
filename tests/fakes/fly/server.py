"""Fly.io's Machines API on a socket of this machine, with its proxy."""

from __future__ import annotations

import re
import time
from base64 import b64decode
from pathlib import Path
from typing import Any

from tests.fakes.fly.description import judge
from tests.fakes.fly.world import App, Machine, Volume, new_id, refused
from tests.fakes.vendor import Agent, Answer, Asked, Vendor

_REGIONS = {"fra", "iad", "ams"}
_NONCE = "fly-machine-lease-nonce"
_IMAGES = re.compile(r"(docker\.io/library/)?node:\d+(-slim)?")


class FlyFake(Vendor):
    """`tokens` are who may ask, for the organizations in `orgs`; `ready_dns` the hostnames whose records are set."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder
        self.tokens = {"fly-token"}
        self.orgs = {"personal"}
        self.apps: dict[str, App] = {}
        self.ready_dns: set[str] = set()
        found = judge()
        self.judges = [found] if found else []
        self._serve_apps()
        self._serve_machines()

    def _serve_apps(self) -> None:
        self.route("GET", "/v1/apps", self._list_apps)
        self.route("POST", "/v1/apps", self._create_app)
        self.route("DELETE", "/v1/apps/{app}", self._delete_app)
        self.route("GET", "/v1/apps/{app}/ip_assignments", lambda asked: Answer({"ips": self._app(asked).addresses}))
        self.route("POST", "/v1/apps/{app}/ip_assignments", self._assign_address)
        self.route("POST", "/v1/apps/{app}/secrets", self._set_secrets)
        self.route("DELETE", "/v1/apps/{app}/secrets/{name}", self._delete_secret)
        self.route("POST", "/v1/apps/{app}/certificates/acme", self._create_certificate)
        self.route("GET", "/v1/apps/{app}/certificates/{hostname}", self._certificate)
        self.route("POST", "/v1/apps/{app}/certificates/{hostname}/check", self._check_certificate)
        self.route("DELETE", "/v1/apps/{app}/certificates/{hostname}", self._delete_certificate)
        self.route("GET", "/api/v1/apps/{app}/logs", self._log)

    def _serve_machines(self) -> None:
        machine = "/v1/apps/{app}/machines/{id}"
        self.route("GET", "/v1/apps/{app}/machines", self._list_machines)
        self.route("POST", "/v1/apps/{app}/machines", self._create_machine)
        self.route("GET", machine, lambda asked: Answer(self._app(asked).look(self._machine(asked)).shown()))
        self.route("POST", machine, self._update_machine)
        self.route("DELETE", machine, self._destroy_machine)
        self.route("GET", f"{machine}/versions", self._versions)
        self.route("POST", f"{machine}/lease", self._lease)
        self.route("DELETE", f"{machine}/lease", self._give_back)
        self.route("POST", f"{machine}/start", self._start)
        self.route("POST", f"{machine}/stop", self._stop)
        self.route("POST", f"{machine}/cordon", lambda asked: self._cordon(asked, is_cordoned=True))
        self.route("POST", f"{machine}/uncordon", lambda asked: self._cordon(asked, is_cordoned=False))
        self.route("GET", "/v1/apps/{app}/volumes", self._volumes)
        self.route("POST", "/v1/apps/{app}/volumes", self._create_volume)

    def admit(self, asked: Asked) -> None:
        if asked.bearer not in self.tokens:
            raise refused(401, "unauthorized")

    def fault_content(self, status: int) -> Any:
        return {"error": f"injected {status}"}

    def agent_at(self, hostname: str) -> Agent | None:
        with self.lock:
            for app in self.apps.values():
                is_custom = app.certificates.get(hostname) and hostname in self.ready_dns
                if hostname == f"{app.name}.fly.dev" or is_custom:
                    found = app.serving()
                    return found.agent if found else None
        return None

    def close(self) -> None:
        for app in self.apps.values():
            app.close()

    def made_app(self, name: str, org: str, network: str) -> App:
        self.apps[name] = App(new_id("app"), name, org, network)
        return self.apps[name]

    def _app(self, asked: Asked) -> App:
        app = self.apps.get(asked.parameters["app"])
        if app is None:
            raise refused(404, "app not found")
        if app.org not in self.orgs:
            raise refused(401, "unauthorized")
        return app

    def _machine(self, asked: Asked) -> Machine:
        machine = self._app(asked).machines.get(asked.parameters["id"])
        if machine is None:
            raise refused(404, "machine not found")
        nonce, until = machine.lease
        if asked.method != "GET" and nonce and until > time.monotonic() and asked.headers.get(_NONCE) != nonce:
            raise refused(409, f"machine ID {machine.id} lease currently held by somebody")
        return machine

    def _list_apps(self, asked: Asked) -> Answer:
        org = asked.query.get("org_slug", "")
        if org not in self.orgs:
            raise refused(404, "organization not found")
        apps = [one for one in self.apps.values() if one.org == org]
        shown = [
            {"id": one.id, "name": one.name, "machine_count": len(one.machines), "network": one.network} for one in apps
        ]
        return Answer({"apps": shown, "total_apps": len(shown)})

    def _create_app(self, asked: Asked) -> Answer:
        body = asked.json
        if body["org_slug"] not in self.orgs:
            raise refused(404, "organization not found")
        if not re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", body["name"]):
            raise refused(422, "Validation failed: Name may only contain numbers, lowercase letters and dashes")
        if body["name"] in self.apps:
            raise refused(422, "Validation failed: Name has already been taken")
        app = self.made_app(body["name"], body["org_slug"], body.get("network", "default"))
        return Answer({"id": app.id, "created_at": time.time_ns() // 1_000_000}, 201)

    def _delete_app(self, asked: Asked) -> Answer:
        app = self._app(asked)
        if asked.query.get("force") != "true" and any(one.state != "stopped" for one in app.machines.values()):
            raise refused(412, "app has machines that run")
        app.close()
        del self.apps[app.name]
        return Answer(status=202)

    def _assign_address(self, asked: Asked) -> Answer:
        """An address of one's own each time; the shared one is always the same."""
        app, kind = self._app(asked), asked.json["type"]
        if kind not in ("shared_v4", "v6", "v4"):
            raise refused(422, f"invalid type {kind}")
        is_shared = kind == "shared_v4"
        ip = "66.241.124.1" if is_shared else f"2a09:8280:1::{len(app.addresses)}" if kind == "v6" else "137.66.0.1"
        if not (is_shared and any(one["shared"] for one in app.addresses)):
            app.addresses.append({"ip": ip, "shared": is_shared, "region": "global"})
        return Answer({"ip": ip, "shared": is_shared, "region": "global"})

    def _set_secrets(self, asked: Asked) -> Answer:
        app = self._app(asked)
        for name, value in asked.json["values"].items():
            if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
                raise refused(422, f"invalid secret name {name}")
            app.secrets[name] = value
        return Answer({"secrets": [{"name": name, "digest": "0"} for name in app.secrets], "version": 1})

    def _delete_secret(self, asked: Asked) -> Answer:
        if self._app(asked).secrets.pop(asked.parameters["name"], None) is None:
            raise refused(404, "secret not found")
        return Answer({"version": 2})

    def _list_machines(self, asked: Asked) -> Answer:
        app = self._app(asked)
        return Answer([app.look(one).shown() for one in app.machines.values()])

    def _create_machine(self, asked: Asked) -> Answer:
        app, body = self._app(asked), asked.json
        region = body.get("region") or "iad"
        if region not in _REGIONS:
            raise refused(422, f"region {region} not found")
        id_ = new_id("m")
        self._check_config(app, body["config"], id_, region)
        machine = Machine(id_, region, self.folder / id_, body["config"], bool(body.get("skip_service_registration")))
        app.machines[id_] = machine
        try:
            app.start(machine)
        except Exception:
            del app.machines[id_]
            raise
        return Answer({**machine.shown(), "state": "created"})

    def _check_config(self, app: App, config: dict[str, Any], id_: str, region: str) -> None:
        if not _IMAGES.fullmatch(config["image"]):
            raise refused(422, f"failed to get manifest {config['image']}")
        guest = config["guest"]
        if guest["cpu_kind"] == "shared" and guest["memory_mb"] > 2_048 * guest["cpus"]:
            raise refused(422, f"invalid memory size {guest['memory_mb']} for {guest['cpus']} shared cpus")
        for file in config["files"]:
            if not file["guest_path"].startswith("/") or ("raw_value" in file) == ("secret_name" in file):
                raise refused(422, "a file has a guest_path and one content")
            b64decode(file.get("raw_value", ""), validate=True)
        for mount in config.get("mounts", ()):
            volume = app.volumes.get(mount["volume"])
            if volume is None or volume.region != region or volume.machine not in ("", id_):
                raise refused(422, f"volume {mount['volume']} is not available in {region}")
            volume.machine = id_

    def _update_machine(self, asked: Asked) -> Answer:
        app, machine = self._app(asked), self._machine(asked)
        self._check_config(app, asked.json["config"], machine.id, machine.region)
        machine.versions.append(machine.config)
        machine.stop()
        machine.config, machine.restarts = asked.json["config"], 0
        app.start(machine)
        return Answer(machine.shown())

    def _destroy_machine(self, asked: Asked) -> Answer:
        app, machine = self._app(asked), self._machine(asked)
        if asked.query.get("force") != "true" and machine.state not in ("stopped", "created"):
            raise refused(
                412, f"failed_precondition: unable to destroy machine, not currently stopped ({machine.state})"
            )
        app.destroy(machine)
        return Answer({"ok": True})

    def _versions(self, asked: Asked) -> Answer:
        machine = self._machine(asked)
        configs = [*machine.versions, machine.config]
        return Answer([{"version": f"01V{index:05d}", "user_config": one} for index, one in enumerate(configs)])

    def _lease(self, asked: Asked) -> Answer:
        machine = self._machine(asked)
        machine.lease = (new_id("nonce"), time.monotonic() + asked.json["ttl"])
        return Answer({"status": "success", "data": {"nonce": machine.lease[0], "owner": "somebody"}})

    def _give_back(self, asked: Asked) -> Answer:
        self._machine(asked).lease = ("", 0.0)
        return Answer({"ok": True})

    def _start(self, asked: Asked) -> Answer:
        app, machine = self._app(asked), self._machine(asked)
        before = machine.state
        if before not in ("stopped", "suspended", "created"):
            raise refused(412, f"failed_precondition: unable to start machine from current state: '{before}'")
        machine.restarts = 0
        app.start(machine)
        return Answer({"previous_state": before})

    def _stop(self, asked: Asked) -> Answer:
        self._machine(asked).stop()
        return Answer({"ok": True})

    def _cordon(self, asked: Asked, *, is_cordoned: bool) -> Answer:
        self._machine(asked).is_cordoned = is_cordoned
        return Answer({"ok": True})

    def _volumes(self, asked: Asked) -> Answer:
        return Answer([one.shown() for one in self._app(asked).volumes.values()])

    def _create_volume(self, asked: Asked) -> Answer:
        app, body = self._app(asked), asked.json
        if not re.fullmatch(r"[a-z0-9_]{1,30}", body["name"]) or body["region"] not in _REGIONS:
            raise refused(422, "invalid volume")
        id_ = new_id("vol_")
        app.volumes[id_] = Volume(id_, body["name"], body["region"], body["size_gb"], self.folder / id_)
        return Answer(app.volumes[id_].shown())

    def _create_certificate(self, asked: Asked) -> Answer:
        app, hostname = self._app(asked), asked.json["hostname"]
        if hostname in app.certificates:
            raise refused(422, "Hostname already exists on app")
        app.certificates[hostname] = False
        return Answer(self._shown_certificate(app, hostname), 201)

    def _certificate(self, asked: Asked) -> Answer:
        return Answer(self._shown_certificate(self._app(asked), asked.parameters["hostname"]))

    def _check_certificate(self, asked: Asked) -> Answer:
        app, hostname = self._app(asked), asked.parameters["hostname"]
        shown = self._shown_certificate(app, hostname)
        if hostname in self.ready_dns:
            app.certificates[hostname] = True
            shown = self._shown_certificate(app, hostname)
        return Answer(shown)

    def _shown_certificate(self, app: App, hostname: str) -> dict[str, Any]:
        if hostname not in app.certificates:
            raise refused(404, "certificate not found")
        is_issued = app.certificates[hostname]
        return {
            "hostname": hostname,
            "configured": is_issued,
            "acme_requested": True,
            "status": "active" if is_issued else "pending_validation",
            "dns_requirements": {
                "a": [one["ip"] for one in app.addresses if "." in one["ip"]],
                "aaaa": [one["ip"] for one in app.addresses if ":" in one["ip"]],
                "cname": f"x1.{app.name}.fly.dev",
                "acme_challenge": {"name": f"_acme-challenge.{hostname}", "target": f"{hostname}.x1.flydns.net"},
            },
        }

    def _delete_certificate(self, asked: Asked) -> Answer:
        if self._app(asked).certificates.pop(asked.parameters["hostname"], None) is None:
            raise refused(404, "certificate not found")
        return Answer(status=204)

    def _log(self, asked: Asked) -> Answer:
        """The token of a page is where the next one begins."""
        app, begin = self._app(asked), int(asked.query.get("next_token") or 0)
        lines = [line for one in app.machines.values() if one.agent for line in one.agent.log.splitlines()]
        entries = [
            {"id": str(index), "attributes": {"timestamp": "2026-01-01T00:00:00Z", "message": line, "level": "info"}}
            for index, line in enumerate(lines[begin:], begin)
        ]
        return Answer({"data": entries, "meta": {"next_token": str(len(lines))}})
