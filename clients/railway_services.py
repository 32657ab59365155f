"""What an agent's service is made of at Railway: project, service, its settings, and its deployments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from clients.railway import Railway


@dataclass(frozen=True, slots=True)
class Project:
    """`environments` and `services` by name, each an id."""

    id: str
    name: str
    description: str
    environments: Mapping[str, str]
    services: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Spot:
    """One service in one environment of a project."""

    project: str
    environment: str
    service: str

    @property
    def ids(self) -> dict[str, str]:
        return {"project": self.project, "environment": self.environment, "service": self.service}


@dataclass(frozen=True, slots=True)
class CustomDomain:
    """`records` are (type, name, value). `state` is Railway's word for the certificate."""

    id: str
    hostname: str
    is_ready: bool
    records: tuple[tuple[str, str, str], ...]
    state: str


@dataclass(frozen=True, slots=True)
class State:
    """How a service stands. `variables` are those that were set, with references as they were written. `latest` is its
    last deployment, "" where it has none; `active` are those that run."""

    variables: Mapping[str, str] = field(repr=False)
    domain: str
    custom_domains: tuple[CustomDomain, ...]
    settings: Mapping[str, object]
    latest: str
    active: tuple[str, ...]
    volumes: Mapping[str, str]  # by where they are mounted


@dataclass(frozen=True, slots=True)
class Deployment:
    id: str
    status: str
    can_rollback: bool


#: What Railway sets by itself, and names among the others.
_PROVIDED: Final = "RAILWAY_"
_PROJECT: Final = """
fragment Whole on Project {
  id name description
  environments(first: 100) { edges { node { id name } } }
  services(first: 500) { edges { node { id name } } }
}
"""
_PROJECTS: Final = f"""
query Projects($workspace: String, $after: String) {{
  projects(workspaceId: $workspace, after: $after, first: 100) {{
    edges {{ node {{ ...Whole }} }}
    pageInfo {{ hasNextPage endCursor }}
  }}
}}
{_PROJECT}"""
_ONE_PROJECT: Final = f"query Project($project: String!) {{ project(id: $project) {{ ...Whole }} }}{_PROJECT}"
_CREATE_PROJECT: Final = f"""
mutation CreateProject($input: ProjectCreateInput!) {{ projectCreate(input: $input) {{ ...Whole }} }}{_PROJECT}"""
_CREATE_SERVICE: Final = "mutation CreateService($input: ServiceCreateInput!) { serviceCreate(input: $input) { id } }"
_CUSTOM: Final = """
fragment Custom on CustomDomain {
  id domain
  status {
    verified certificateStatus verificationDnsHost verificationToken
    dnsRecords { recordType fqdn requiredValue }
  }
}
"""
_STATE: Final = f"""
query State($project: String!, $environment: String!, $service: String!) {{
  variables(projectId: $project, environmentId: $environment, serviceId: $service, unrendered: true)
  domains(projectId: $project, environmentId: $environment, serviceId: $service) {{
    serviceDomains {{ domain }}
    customDomains {{ ...Custom }}
  }}
  serviceInstance(environmentId: $environment, serviceId: $service) {{
    startCommand healthcheckPath healthcheckTimeout sleepApplication region
    latestDeployment {{ id }}
    activeDeployments {{ id }}
  }}
  environment(id: $environment, projectId: $project) {{
    volumeInstances(first: 100) {{ edges {{ node {{ volumeId mountPath serviceId isPendingDeletion }} }} }}
  }}
}}
{_CUSTOM}"""
_SET: Final = """
mutation Set(
  $variables: VariableCollectionUpsertInput!, $environment: String!, $service: String!,
  $settings: ServiceInstanceUpdateInput!
) {
  variableCollectionUpsert(input: $variables)
  serviceInstanceUpdate(environmentId: $environment, serviceId: $service, input: $settings)
}
"""
_ROLL_BACK: Final = """
mutation RollBack($variables: VariableCollectionUpsertInput!, $deployment: String!) {
  variableCollectionUpsert(input: $variables)
  deploymentRollback(id: $deployment)
}
"""
_REDEPLOY: Final = """
mutation Redeploy($deployment: String!) { deploymentRedeploy(id: $deployment, usePreviousImageTag: true) { id } }
"""
_DEPLOYMENT: Final = "query Deployment($deployment: String!) { deployment(id: $deployment) { id status canRollback } }"
_ADD_DOMAIN: Final = """
mutation AddDomain($input: ServiceDomainCreateInput!) { serviceDomainCreate(input: $input) { domain } }
"""
_ADD_CUSTOM: Final = f"""
mutation AddCustomDomain($input: CustomDomainCreateInput!) {{
  customDomainCreate(input: $input) {{ ...Custom }}
}}
{_CUSTOM}"""
_ADD_VOLUME: Final = "mutation AddVolume($input: VolumeCreateInput!) { volumeCreate(input: $input) { id } }"
_LOGS: Final = """
query Logs($deployment: String!, $since: DateTime, $limit: Int) {
  deploymentLogs(deploymentId: $deployment, startDate: $since, limit: $limit) { timestamp message }
}
"""


@dataclass(frozen=True, slots=True)
class Services:
    railway: Railway

    def projects(self, workspace: str = "") -> Iterator[Project]:
        after: str | None = None
        while True:
            page = self.railway.query(_PROJECTS, workspace=workspace or None, after=after)["projects"]
            yield from map(_project, _nodes(page))
            if not page["pageInfo"]["hasNextPage"]:
                return
            after = page["pageInfo"]["endCursor"]

    def project(self, project: str) -> Project:
        return _project(self.railway.query(_ONE_PROJECT, project=project)["project"])

    def create_project(self, name: str, description: str, workspace: str) -> Project:
        wish = {"name": name, "description": description, "defaultEnvironmentName": "production"}
        if workspace:
            wish["workspaceId"] = workspace
        return _project(self.railway.change(_CREATE_PROJECT, input=wish)["projectCreate"])

    def create_service(self, project: str, environment: str, name: str, variables: Mapping[str, str]) -> str:
        wish = {"projectId": project, "environmentId": environment, "name": name, "variables": dict(variables)}
        return str(self.railway.change(_CREATE_SERVICE, input=wish)["serviceCreate"]["id"])

    def state(self, spot: Spot) -> State:
        return _state(self.railway.query(_STATE, **spot.ids), spot)

    def set(self, spot: Spot, variables: Mapping[str, str], settings: Mapping[str, object]) -> None:
        """Variables in the place of all earlier ones; nothing is deployed by it."""
        self.railway.change(
            _SET,
            repeatable=True,
            variables=_collection(spot, variables),
            environment=spot.environment,
            service=spot.service,
            settings=dict(settings),
        )

    def roll_back(self, spot: Spot, deployment: str, variables: Mapping[str, str]) -> None:
        self.railway.change(_ROLL_BACK, variables=_collection(spot, variables), deployment=deployment)

    def redeploy(self, deployment: str) -> str:
        """Its image with today's variables, as a new deployment; its id."""
        return str(self.railway.change(_REDEPLOY, deployment=deployment)["deploymentRedeploy"]["id"])

    def deployment(self, deployment: str) -> Deployment:
        found = self.railway.query(_DEPLOYMENT, deployment=deployment)["deployment"]
        return Deployment(found["id"], found["status"], found["canRollback"])

    def add_domain(self, spot: Spot) -> str:
        wish = {"environmentId": spot.environment, "serviceId": spot.service}
        return str(self.railway.change(_ADD_DOMAIN, input=wish)["serviceDomainCreate"]["domain"])

    def add_custom_domain(self, spot: Spot, hostname: str) -> CustomDomain:
        wish = {**_in(spot), "domain": hostname}
        return _custom(self.railway.change(_ADD_CUSTOM, input=wish)["customDomainCreate"])

    def remove_custom_domain(self, domain: str) -> None:
        self.railway.change("mutation Remove($id: String!) { customDomainDelete(id: $id) }", id=domain)

    def add_volume(self, spot: Spot, path: str, region: str) -> None:
        wish = {**_in(spot), "mountPath": path, **({"region": region} if region else {})}
        self.railway.change(_ADD_VOLUME, input=wish)

    def remove_volume(self, volume: str) -> None:
        self.railway.change("mutation Remove($id: String!) { volumeDelete(volumeId: $id) }", id=volume)

    def cancel(self, deployment: str) -> None:
        self.railway.change("mutation Cancel($id: String!) { deploymentCancel(id: $id) }", id=deployment)

    def remove_project(self, project: str) -> None:
        self.railway.change("mutation Remove($id: String!) { projectDelete(id: $id) }", id=project)

    def remove_service(self, service: str) -> None:
        self.railway.change("mutation Remove($id: String!) { serviceDelete(id: $id) }", id=service)

    def logs(self, deployment: str, since: str | None, limit: int) -> list[tuple[str, str]]:
        """(time in RFC 3339, text), oldest first."""
        found = self.railway.query(_LOGS, deployment=deployment, since=since, limit=limit)["deploymentLogs"]
        return [(line["timestamp"], line["message"]) for line in found]


def _in(spot: Spot) -> dict[str, str]:
    return {"projectId": spot.project, "environmentId": spot.environment, "serviceId": spot.service}


def _collection(spot: Spot, variables: Mapping[str, str]) -> dict[str, object]:
    return {**_in(spot), "variables": dict(variables), "replace": True, "skipDeploys": True}


def _nodes(connection: Mapping[str, Any]) -> list[Any]:
    return [edge["node"] for edge in connection["edges"]]


def _project(found: Mapping[str, Any]) -> Project:
    environments = {one["name"]: one["id"] for one in _nodes(found["environments"])}
    services = {one["name"]: one["id"] for one in _nodes(found["services"])}
    return Project(found["id"], found["name"], found["description"] or "", environments, services)


def _state(data: Mapping[str, Any], spot: Spot) -> State:
    instance = data["serviceInstance"]
    domains = [one["domain"] for one in data["domains"]["serviceDomains"]]
    return State(
        variables={name: value for name, value in data["variables"].items() if not name.startswith(_PROVIDED)},
        domain=domains[0] if domains else "",
        custom_domains=tuple(map(_custom, data["domains"]["customDomains"])),
        settings=instance,
        latest=(instance["latestDeployment"] or {}).get("id", ""),
        active=tuple(one["id"] for one in instance["activeDeployments"]),
        volumes={
            one["mountPath"]: one["volumeId"]
            for one in _nodes(data["environment"]["volumeInstances"])
            if one["serviceId"] == spot.service and not one["isPendingDeletion"]
        },
    )


def _custom(found: Mapping[str, Any]) -> CustomDomain:
    status = found["status"]
    records = [
        (one["recordType"].removeprefix("DNS_RECORD_TYPE_"), one["fqdn"], one["requiredValue"])
        for one in status["dnsRecords"]
    ]
    if status["verificationDnsHost"] and status["verificationToken"]:
        records.append(("TXT", status["verificationDnsHost"], status["verificationToken"]))
    state = status["certificateStatus"].removeprefix("CERTIFICATE_STATUS_TYPE_").lower()
    return CustomDomain(found["id"], found["domain"], state == "valid", tuple(records), state)
