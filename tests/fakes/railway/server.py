"""The routes of a fake of Railway, and the resolvers of its schema."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from graphql import GraphQLError

from tests.fakes.railway.description import executed, violations
from tests.fakes.railway.world import PROVIDED, CustomDomain, Deployment, Project, Service, World, new_id
from tests.fakes.vendor import Agent, Answer, Asked, RefusalError, Vendor

TOKEN = "token-of-a-workspace"
PROJECT_TOKEN = "token-of-a-project"
WORKSPACE = {"id": "11111111-aaaa-4aaa-8aaa-111111111111", "name": "Acme"}
_EDGE = "railway-edge.test"


class FakeRailway(Vendor):
    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.world = World(folder)
        self.tokens = {f"Bearer {TOKEN}", PROJECT_TOKEN}
        self.token_project = ""
        self.asked: list[str] = []  # operations by their names
        self.roots = Root(self)
        self.route("POST", "/graphql/v2", self._graphql)
        self.route("POST", "/project/{project}/environment/{environment}/up", self._up)

    def admit(self, asked: Asked) -> None:
        given = asked.headers.get("authorization") or asked.headers.get("project-access-token")
        if given not in self.tokens:
            # A query that may not be made is a success of HTTP.
            raise RefusalError(200, {"errors": [{"message": "Not Authorized"}], "data": None})

    def fault_content(self, status: int) -> Any:
        return {"errors": [{"message": f"injected {status}"}]}

    def agent_at(self, hostname: str) -> Agent | None:
        for service in self.world.services():
            custom = service.custom_domains.get(hostname)
            if hostname == service.domain or (custom and custom.is_ready):
                return service.active.agent if service.active else None
        return None

    def close(self) -> None:
        for _, deployment in self.world.deployments():
            self.world.end(deployment, "REMOVED")

    def _graphql(self, asked: Asked) -> Answer:
        document, variables = asked.json["query"], asked.json.get("variables") or {}
        self.asked += re.findall(r"^\s*(?:query|mutation) (\w+)", document)
        if found := violations(document):
            self.violations.extend(found)
            return Answer({"errors": [{"message": words} for words in found]}, 400)
        result = executed(document, variables, self.roots)
        for error in result.errors or ():
            if not isinstance(error.original_error, RefusedError):
                self.violations.append(str(error))
        return Answer(result.formatted)

    def _up(self, asked: Asked) -> Answer:
        project = self.world.projects.get(asked.parameters["project"])
        service = project.services.get(asked.query.get("serviceId", "")) if project else None
        if project is None or service is None or asked.parameters["environment"] not in project.environments.values():
            return Answer({"message": "Service not found"}, 404)
        self.asked.append("up")
        deployment = self.world.uploaded_to(service, asked.body)
        link = f"https://railway.com/project/{project.id}/service/{service.id}"
        return Answer({"deploymentId": deployment.id, "url": service.domain or "", "logsUrl": link})


class RefusedError(GraphQLError):
    """What Railway will not do, in its words."""


class Root:
    """Fields of Query and Mutation, as graphql-core's own resolver calls them."""

    def __init__(self, fake: FakeRailway) -> None:
        self.fake = fake
        self.world = fake.world

    def apiToken(self, _info: Any) -> Any:  # noqa: N802  # names are the schema's
        return {"workspaces": [WORKSPACE]}

    def projectToken(self, _info: Any) -> Any:  # noqa: N802
        project = self._project(self.fake.token_project)
        return {"project": _shown(project), "environment": {"name": "production"}}

    def projects(self, _info: Any, first: int = 10, after: str | None = None, **_: Any) -> Any:
        """A page at a time, the newest first."""
        every = list(reversed(self.world.projects.values()))
        start = int(after or 0)
        page = every[start : start + min(first, 2)]
        following = start + len(page)
        info = {"hasNextPage": following < len(every), "endCursor": str(following)}
        return {**_connection([_shown(one) for one in page]), "pageInfo": info}

    def project(self, _info: Any, id: str) -> Any:  # noqa: A002
        return _shown(self._project(id))

    def projectCreate(self, _info: Any, input: dict[str, Any]) -> Any:  # noqa: A002, N802
        if input.get("workspaceId") != WORKSPACE["id"]:
            raise RefusedError("You must specify a workspaceId to create a project")
        project = Project(input["name"], input.get("description") or "")
        project.environments[input.get("defaultEnvironmentName") or "production"] = new_id()
        self.world.projects[project.id] = project
        return _shown(project)

    def projectDelete(self, _info: Any, id: str) -> bool:  # noqa: A002, N802
        for service in self._project(id).services.values():
            self.world.end_service(service)
        del self.world.projects[id]
        return True

    def serviceCreate(self, _info: Any, input: dict[str, Any]) -> Any:  # noqa: A002, N802
        project = self._project(input["projectId"])
        if any(one.name == input["name"] for one in project.services.values()):
            raise RefusedError(f"A service named {input['name']} already exists in this project")
        service = Service(input["name"], variables=dict(input.get("variables") or {}))
        project.services[service.id] = service
        return {"id": service.id}

    def serviceDelete(self, _info: Any, id: str, **_: Any) -> bool:  # noqa: A002, N802
        service = self._service(id)
        self.world.end_service(service)
        for project in self.world.projects.values():
            project.services.pop(id, None)
        return True

    def variables(self, _info: Any, serviceId: str, **_: Any) -> Any:  # noqa: N803
        return {**PROVIDED, **self._service(serviceId).variables}

    def domains(self, _info: Any, serviceId: str, **_: Any) -> Any:  # noqa: N803
        service = self._service(serviceId)
        own = [{"domain": service.domain}] if service.domain else []
        return {"serviceDomains": own, "customDomains": [_custom(one) for one in service.custom_domains.values()]}

    def serviceInstance(self, _info: Any, serviceId: str, **_: Any) -> Any:  # noqa: N802, N803
        service = self._service(serviceId)
        active, latest = service.active, service.deployments[-1:]
        return {
            **service.settings,
            "latestDeployment": {"id": latest[0].id} if latest else None,
            "activeDeployments": [{"id": active.id}] if active else [],
        }

    def environment(self, _info: Any, id: str, **_: Any) -> Any:  # noqa: A002
        for project in self.world.projects.values():
            if id in project.environments.values():
                found = [
                    {"volumeId": volume, "mountPath": path, "serviceId": service.id, "isPendingDeletion": False}
                    for service in project.services.values()
                    for path, volume in service.volumes.items()
                ]
                return {"volumeInstances": _connection(found)}
        raise RefusedError("Environment not found")

    def variableCollectionUpsert(self, _info: Any, input: dict[str, Any]) -> bool:  # noqa: A002, N802
        service = self._service(input["serviceId"])
        values = dict(input["variables"])
        service.variables = values if input.get("replace") else {**service.variables, **values}
        if not input.get("skipDeploys") and service.active:
            self.world.deployed(service, service.active.folder)
        return True

    def serviceInstanceUpdate(self, _info: Any, serviceId: str, input: dict[str, Any], **_: Any) -> bool:  # noqa: A002, N802, N803
        self._service(serviceId).settings |= input
        return True

    def serviceDomainCreate(self, _info: Any, input: dict[str, Any]) -> Any:  # noqa: A002, N802
        service = self._service(input["serviceId"])
        if service.domain:
            raise RefusedError("A domain already exists for this service")
        service.domain = f"{service.name}-production-{service.id[:4]}.up.railway.app"
        return {"domain": service.domain}

    def customDomainCreate(self, _info: Any, input: dict[str, Any]) -> Any:  # noqa: A002, N802
        hostname = input["domain"]
        if any(hostname in service.custom_domains for service in self.world.services()):
            raise RefusedError(f"{hostname} is already in use")
        domain = CustomDomain(hostname)
        self._service(input["serviceId"]).custom_domains[hostname] = domain
        return _custom(domain)

    def customDomainDelete(self, _info: Any, id: str) -> bool:  # noqa: A002, N802
        for service in self.world.services():
            for hostname, domain in list(service.custom_domains.items()):
                if domain.id == id:
                    del service.custom_domains[hostname]
                    return True
        raise RefusedError("Custom domain not found")

    def volumeCreate(self, _info: Any, input: dict[str, Any]) -> Any:  # noqa: A002, N802
        service = self._service(input["serviceId"])
        if service.volumes:
            raise RefusedError("A service can only have one volume")
        service.volumes[input["mountPath"]] = new_id()
        return {"id": service.volumes[input["mountPath"]]}

    def volumeDelete(self, _info: Any, volumeId: str) -> bool:  # noqa: N802, N803
        for service in self.world.services():
            service.volumes = {path: volume for path, volume in service.volumes.items() if volume != volumeId}
        return True

    def deployment(self, _info: Any, id: str) -> Any:  # noqa: A002
        service, deployment = self._deployment(id)
        self.world.advance(service, deployment)
        can = deployment.status == "REMOVED"
        return {"id": id, "status": deployment.status, "canRollback": can}

    def deploymentRedeploy(self, _info: Any, id: str, usePreviousImageTag: bool = False) -> Any:  # noqa: A002, N802, N803
        service, deployment = self._deployment(id)
        if not usePreviousImageTag or deployment.status == "FAILED":
            raise RefusedError("Cannot redeploy without a source")
        return {"id": self.world.deployed(service, deployment.folder).id}

    def deploymentRollback(self, _info: Any, id: str) -> bool:  # noqa: A002, N802
        """The image and the variables of then."""
        service, deployment = self._deployment(id)
        if deployment.status != "REMOVED":
            raise RefusedError("Deployment cannot be rolled back to")
        self.world.deployed(service, deployment.folder, deployment.variables)
        service.variables = dict(deployment.variables)
        return True

    def deploymentCancel(self, _info: Any, id: str) -> bool:  # noqa: A002, N802
        self.world.end(self._deployment(id)[1], "REMOVED")
        return True

    def deploymentLogs(self, _info: Any, deploymentId: str, limit: int = 100, **_: Any) -> Any:  # noqa: N802, N803
        return self.world.log_of(self._deployment(deploymentId)[1])[-limit:]

    def _project(self, id: str) -> Project:  # noqa: A002
        if id not in self.world.projects:
            raise RefusedError("Project not found")
        return self.world.projects[id]

    def _service(self, id: str) -> Service:  # noqa: A002
        for service in self.world.services():
            if service.id == id:
                return service
        raise RefusedError("Service not found")

    def _deployment(self, id: str) -> tuple[Service, Deployment]:  # noqa: A002
        for service, deployment in self.world.deployments():
            if deployment.id == id:
                return service, deployment
        raise RefusedError("Deployment not found")


def _connection(nodes: list[Any]) -> dict[str, Any]:
    return {"edges": [{"node": node} for node in nodes]}


def _shown(project: Project) -> dict[str, Any]:
    environments = [{"id": key, "name": name} for name, key in project.environments.items()]
    services = [{"id": one.id, "name": one.name} for one in project.services.values()]
    all_: Callable[..., Any] = lambda found: lambda _info, **_: _connection(found)  # noqa: E731
    shown = {"id": project.id, "name": project.name, "description": project.description or None}
    return {**shown, "environments": all_(environments), "services": all_(services)}


def _custom(domain: CustomDomain) -> dict[str, Any]:
    state = "VALID" if domain.is_ready else "VALIDATING_OWNERSHIP"
    record = {
        "recordType": "DNS_RECORD_TYPE_CNAME",
        "fqdn": domain.hostname,
        "requiredValue": f"{domain.id[:8]}.{_EDGE}",
    }
    status = {
        "verified": domain.is_ready,
        "certificateStatus": f"CERTIFICATE_STATUS_TYPE_{state}",
        "verificationDnsHost": f"_railway-verify.{domain.hostname}",
        "verificationToken": f"railway-verify={domain.id}",
        "dnsRecords": [record],
    }
    return {"id": domain.id, "domain": domain.hostname, "status": status}
