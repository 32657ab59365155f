"""Render's REST API on a socket of this machine, with what stands before its services."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from tests.fakes.render.shapes import judge
from tests.fakes.render.world import Deploy, Service, new_id, refused
from tests.fakes.vendor import Agent, Answer, Asked, Vendor

_IMAGES = re.compile(r"docker\.io/library/node:\d+(-slim)?")


class RenderFake(Vendor):
    """`keys` are who may ask; `owners` the workspaces they see; `ready_dns` the hostnames whose records are set."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder
        self.keys = {"rnd_key"}
        self.owners = {"tea-acme": "Acme"}
        self.services: dict[str, Service] = {}
        self.ready_dns: set[str] = set()
        self.judges = [judge]
        self._serve_services()
        self._serve_deploys()
        self._serve_domains()

    def _serve_services(self) -> None:
        self.route("GET", "/v1/owners", lambda _: self._list_owners())
        self.route("GET", "/v1/services", self._list_services)
        self.route("POST", "/v1/services", self._create_service)
        self.route("PATCH", "/v1/services/{id}", self._change_service)
        self.route("DELETE", "/v1/services/{id}", self._delete_service)
        self.route("GET", "/v1/services/{id}/env-vars", self._variables)
        self.route("PUT", "/v1/services/{id}/env-vars", self._set_variables)
        self.route("PUT", "/v1/services/{id}/secret-files", self._set_files)
        self.route("GET", "/v1/logs", self._log)

    def _serve_deploys(self) -> None:
        self.route("GET", "/v1/services/{id}/deploys", self._list_deploys)
        self.route("POST", "/v1/services/{id}/deploys", self._deploy)
        self.route("GET", "/v1/services/{id}/deploys/{deploy}", self._look_at_deploy)
        self.route("POST", "/v1/services/{id}/deploys/{deploy}/cancel", self._cancel)
        self.route("POST", "/v1/services/{id}/rollback", self._roll_back)

    def _serve_domains(self) -> None:
        domain = "/v1/services/{id}/custom-domains/{domain}"
        self.route("POST", "/v1/services/{id}/custom-domains", self._add_domain)
        self.route("GET", domain, lambda asked: Answer(self._shown_domain(asked)))
        self.route("POST", f"{domain}/verify", self._verify_domain)
        self.route("DELETE", domain, self._remove_domain)

    def admit(self, asked: Asked) -> None:
        if asked.bearer not in self.keys:
            raise refused(401, "Unauthorized")

    def fault_content(self, status: int) -> Any:
        return {"message": f"injected {status}"}

    def agent_at(self, hostname: str) -> Agent | None:
        with self.lock:
            for service in self.services.values():
                if hostname == service.hostname or (service.domains.get(hostname) and hostname in self.ready_dns):
                    return service.awake()
        return None

    def close(self) -> None:
        for service in self.services.values():
            service.close()

    def made_service(self, name: str, owner: str, body: dict[str, Any]) -> Service:
        id_ = new_id("srv")
        image, details = body["image"]["imagePath"], body["serviceDetails"]
        self.services[id_] = Service(id_, name, owner, self.folder / id_, image, details)
        return self.services[id_]

    def operations(self) -> set[str]:
        """What it serves, in the words of the official client's list."""
        return {re.sub(r"\{\w+\}", "%s", f"{method} {path.removeprefix('/v1')}") for method, _, path, _ in self._routes}

    def _service(self, asked: Asked) -> Service:
        found = self.services.get(asked.parameters["id"])
        if found is None or found.owner not in self.owners:
            raise refused(404, f"service not found: {asked.parameters['id']}")
        return found

    def _list_owners(self) -> Answer:
        owners = [{"id": id_, "name": name, "type": "team"} for id_, name in self.owners.items()]
        return Answer([{"owner": one, "cursor": one["id"]} for one in owners])

    def _list_services(self, asked: Asked) -> Answer:
        name, owner = asked.query.get("name"), asked.query.get("ownerId")
        found = [one for one in self.services.values() if one.owner == owner and name in (None, one.name)]
        return Answer([{"service": one.shown(), "cursor": one.id} for one in found])

    def _create_service(self, asked: Asked) -> Answer:
        body = asked.json
        if body["ownerId"] not in self.owners:
            raise refused(400, "invalid ownerId")
        if any(one.name == body["name"] and one.owner == body["ownerId"] for one in self.services.values()):
            raise refused(409, f"a service named {body['name']} exists")
        if not _IMAGES.fullmatch(body["image"]["imagePath"]):
            raise refused(400, "the image cannot be pulled")
        if body["serviceDetails"].get("disk") and body["serviceDetails"]["plan"] == "free":
            raise refused(400, "disks are not available for free services")
        service = self.made_service(body["name"], body["ownerId"], body)
        service.variables = {one["key"]: one["value"] for one in body.get("envVars", [])}
        service.files = {one["name"]: one["content"] for one in body.get("secretFiles", [])}
        return Answer({"service": service.shown(), "deployId": service.deploy().id}, 201)

    def _change_service(self, asked: Asked) -> Answer:
        service = self._service(asked)
        service.details = {**service.details, **asked.json["serviceDetails"]}
        return Answer(service.shown())

    def _delete_service(self, asked: Asked) -> Answer:
        service = self._service(asked)
        service.close()
        del self.services[service.id]
        return Answer(status=204)

    def _variables(self, asked: Asked) -> Answer:
        """A page at a time: who asks for the first alone does not see them all."""
        limit, cursor = int(asked.query.get("limit", 20)), asked.query.get("cursor", "")
        names = [name for name in sorted(self._service(asked).variables) if name > cursor][:limit]
        shown = [{"key": name, "value": self._service(asked).variables[name]} for name in names]
        return Answer([{"envVar": one, "cursor": one["key"]} for one in shown])

    def _set_variables(self, asked: Asked) -> Answer:
        self._service(asked).variables = {one["key"]: one["value"] for one in asked.json}
        return Answer([{"envVar": one, "cursor": one["key"]} for one in asked.json])

    def _set_files(self, asked: Asked) -> Answer:
        self._service(asked).files = {one["name"]: one["content"] for one in asked.json}
        return Answer([{"secretFile": one, "cursor": one["name"]} for one in asked.json])

    def _list_deploys(self, asked: Asked) -> Answer:
        service = self._service(asked)
        newest = list(reversed(service.deploys))[: int(asked.query.get("limit", 20))]
        return Answer([{"deploy": one.shown(), "cursor": one.id} for one in newest])

    def _deploy(self, asked: Asked) -> Answer:
        service = self._service(asked)
        if service.suspenders:
            raise refused(400, "cannot deploy a suspended service")
        return Answer(service.deploy().shown(), 201)

    def _look_at_deploy(self, asked: Asked) -> Answer:
        service = self._service(asked)
        deploy = self._deploy_of(service, asked.parameters["deploy"])
        shown = deploy.shown()
        service.look(deploy)
        return Answer(shown)

    def _cancel(self, asked: Asked) -> Answer:
        service = self._service(asked)
        deploy = self._deploy_of(service, asked.parameters["deploy"])
        if deploy.status not in ("queued", "update_in_progress"):
            raise refused(409, f"cannot cancel a deploy that is {deploy.status}")
        service.cancel(deploy)
        return Answer(deploy.shown())

    def _deploy_of(self, service: Service, id_: str) -> Deploy:
        for deploy in service.deploys:
            if deploy.id == id_:
                return deploy
        raise refused(404, f"deploy not found: {id_}")

    def _roll_back(self, asked: Asked) -> Answer:
        """To the image that the deploy had; the variables stay as they are."""
        service = self._service(asked)
        deploy = self._deploy_of(service, asked.json["deployId"])
        if deploy.status not in ("deactivated", "live") or deploy.id in service.gone:
            raise refused(400, "cannot roll back to this deploy")
        return Answer(service.deploy(deploy.image).shown(), 201)

    def _add_domain(self, asked: Asked) -> Answer:
        service, name = self._service(asked), asked.json["name"]
        if any(name in one.domains for one in self.services.values()):
            raise refused(409, f"the domain {name} is in use")
        service.domains[name] = False
        asked.parameters["domain"] = name
        return Answer([self._shown_domain(asked)], 201)

    def _shown_domain(self, asked: Asked) -> dict[str, Any]:
        service, name = self._service(asked), asked.parameters["domain"]
        if name not in service.domains:
            raise refused(404, f"custom domain not found: {name}")
        kind = "apex" if name.count(".") == 1 else "subdomain"
        status = "verified" if service.domains[name] else "unverified"
        return {"id": f"cdm-{name}", "name": name, "domainType": kind, "verificationStatus": status}

    def _verify_domain(self, asked: Asked) -> Answer:
        shown = self._shown_domain(asked)
        if shown["name"] in self.ready_dns:
            self._service(asked).domains[shown["name"]] = True
        return Answer(status=202)

    def _remove_domain(self, asked: Asked) -> Answer:
        del self._service(asked).domains[self._shown_domain(asked)["name"]]
        return Answer(status=204)

    def _log(self, asked: Asked) -> Answer:
        service = self.services[asked.query["resource"]]
        if asked.query["ownerId"] != service.owner:
            raise refused(400, "the resource is not the owner's")
        running = [one.agent for one in service.deploys if one.agent]
        lines = [line for agent in running for line in agent.log.splitlines()][: int(asked.query["limit"])]
        shown = [
            {"id": f"line-{index}", "timestamp": f"2026-01-01T00:00:00.{index:06d}Z", "message": line, "labels": []}
            for index, line in enumerate(lines)
        ]
        return Answer({"hasMore": False, "logs": shown})
